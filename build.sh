#!/usr/bin/env bash
# Builds, checks and measures EcoFlow. `./build.sh help` lists the verbs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

cache=$PWD/.cache
export GOFLAGS="${GOFLAGS:-} -buildvcs=false"

# Tools that are no part of the product, each pinned.
gofumpt=mvdan.cc/gofumpt@v0.12.0
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

targets=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64)

say() { printf '\n== %s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# tool prints where a pinned tool is, installed once into the cache.
tool() {
	local module=$1 bin at
	bin=$cache/bin/${module//[^a-z0-9.]/-}
	if [[ ! -x $bin ]]; then
		at=$(mktemp -d)
		GOBIN=$at CGO_ENABLED=0 go install "$module" >&2
		mkdir -p "$cache/bin"
		mv "$at"/* "$bin"
		rmdir "$at"
	fi
	echo "$bin"
}

# need makes sure that a program is there, on Debian by installing the packages.
need() {
	local program=$1 root=()
	shift
	command -v "$program" >/dev/null && return
	command -v apt-get >/dev/null || fail "Please install $program; it is needed here."
	if [[ $EUID -ne 0 ]]; then
		command -v sudo >/dev/null || fail "Please install $program; it is needed here."
		root=(sudo -n)
	fi
	say "installing $*"
	"${root[@]}" apt-get update -qq </dev/null
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null
}

# node_ready makes sure that a Node.js is there which the window's tools run on.
node_ready() {
	export PATH=$cache/node/node_modules/node/bin:$PATH
	need npm npm
	node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' && return
	say "installing a newer Node.js into the cache"
	npm install --prefix "$cache/node" --no-audit --no-fund --no-progress node@22
}

# packages installs what a folder's lock file says, when it is not there yet.
packages() { [[ $1/node_modules/.package-lock.json -nt $1/package-lock.json ]] || (cd "$1" && npm ci --no-progress --no-audit --no-fund); }

binary() { CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X ecoflow/app/system.version=$(version)" -o "$1" .; }

version() { git describe --tags --always --dirty 2>/dev/null || echo development; }

# What the race detector does not watch: SQLite, which is C turned into Go. It keeps
# its data in memory of its own, outside of Go's, where the detector sees nothing; to
# ask it about each byte all the same takes four fifths of the time of a test.
unwatched=()
for package in modernc.org/sqlite/lib modernc.org/libc/... modernc.org/memory; do unwatched+=("-gcflags=$package=-race=false"); done

# Verbs. The comment behind each is its line in the help.

all() { # the window, what is generated, and the program ./ecoflow
	ui
	generate
	say "ecoflow"
	binary ecoflow"$(go env GOEXE)"
}

ui() { # the window: web/ui/dist, from its sources
	node_ready
	say "web/ui"
	packages web/ui
	(cd web/ui && npm run build)
}

generate() { # what follows from the declarations: API description, schema, golden files
	say "generate"
	local golden
	golden=$(grep -rl --include='*_test.go' --exclude-dir=node_modules 'flag.Bool("update"' app storage web | xargs -n 1 dirname | sort -u)
	go test $(printf './%s ' $golden) -update
	node_ready
	packages web/ui
	(cd web/ui && npm run generate)
}

lint() { # formatting, go vet, staticcheck, gosec
	say "gofumpt"
	local unformatted
	unformatted=$(find . \( -name node_modules -o -name '.?*' \) -prune -o -name '*.go' -print0 | xargs -0 "$(tool $gofumpt)" -l)
	[[ -z $unformatted ]] || fail "Not formatted; run gofumpt -w on:"$'\n'"$unformatted"
	say "go vet"
	go vet ./...
	say "staticcheck"
	"$(tool $staticcheck)" ./...
	say "gosec" # its version and what it is not asked are in .ci/gosec
	(cd .ci/gosec && CGO_ENABLED=0 go build -o "$cache/bin/gosec" .)
	go list -f '{{.Dir}}' ./... | grep -vE '/web/(benchmark|drive|webtest|ui/pack)$' | xargs "$cache/bin/gosec" # no parts of the program
}

test() { # everything CI runs: lint, all tests, also under the race detector, the window, e2e
	need gcc gcc libc6-dev # the race detector alone takes cgo
	need curl curl # the tour of the README
	need strace strace # disks that fail
	lint
	# What drives the whole program takes longest, and waits much: it comes first.
	say "tests"
	go test -vet=off -timeout 20m -parallel 4 ./web/process ./...
	say "tests under the race detector"
	CGO_ENABLED=1 go test -vet=off -race "${unwatched[@]}" -short -timeout 25m -parallel 4 ./web/process ./...
	window
	e2e
	say "all is well"
}

window() { # the window's own checks: types, lint, unit tests, and that dist is what the sources give
	node_ready
	say "web/ui"
	packages web/ui
	(cd web/ui && npm run check && npm test)
	say "web/ui: generated files"
	local again
	again=$(mktemp -d)
	(cd web/ui && npx openapi-typescript ../api/testdata/openapi.json -o "$again/schema.gen.ts" >/dev/null && npx vite build --logLevel warn && go run ./pack build "$again/dist")
	cmp "$again/schema.gen.ts" web/ui/src/api/schema.gen.ts || fail "The API's types are old; run ./build.sh generate."
	diff -rq "$again/dist" web/ui/dist || fail "The built window is old; run ./build.sh ui."
	rm -rf "$again"
}

e2e() { # user stories, told to the built program in Chromium
	node_ready
	need chromium-headless-shell chromium-headless-shell
	need sqlite3 sqlite3
	say "e2e"
	packages web/e2e
	binary "$cache/ecoflow-e2e"
	(cd web/e2e && ECOFLOW_BINARY=$cache/ecoflow-e2e npm test)
}

bench() { # what performance promises, measured on this machine
	say "inside the process"
	go test -run '^$' -bench . -benchtime "${BENCHTIME:-300ms}" -benchmem ./app/... ./storage/... ./web/api |
		go run ./web/benchmark -inside
	say "the whole program against a hand-written server"
	binary "$cache/ecoflow-bench"
	go run ./web/benchmark "$cache/ecoflow-bench"
}

bench-ui() { # what the window promises, measured in Chromium
	node_ready
	need chromium-headless-shell chromium-headless-shell
	packages web/e2e
	binary "$cache/ecoflow-e2e"
	(cd web/e2e && ECOFLOW_BINARY=$cache/ecoflow-e2e node bench.mjs)
}

release() { # dist/: six targets, reproducible, with checksums and a list of parts
	rm -rf dist
	mkdir dist
	local v target os arch out
	v=$(version)
	for target in "${targets[@]}"; do
		os=${target%/*} arch=${target#*/}
		out=dist/ecoflow-$v-$os-$arch
		[[ $os != windows ]] || out=$out.exe
		say "$out"
		GOOS=$os GOARCH=$arch binary "$out"
		parts "$out" "$v" >"$out.cdx.json"
	done
	say "the same again, from another folder"
	local again
	again=$(mktemp -d)
	tar -cf - --exclude=node_modules go.mod go.sum main.go app web storage | tar -xf - -C "$again"
	os=$(go env GOHOSTOS) arch=$(go env GOHOSTARCH)
	(cd "$again" && GOCACHE=$again/.gocache CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X ecoflow/app/system.version=$v" -o again .)
	cmp "$again/again" "dist/ecoflow-$v-$os-$arch$(go env GOEXE)" || fail "Two builds of the same sources differ."
	rm -rf "$again"
	(cd dist && checksums ecoflow-* >SHA256SUMS && cat SHA256SUMS)
}

checksums() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# parts writes what a binary is made of as CycloneDX, from what Go stamped into it.
parts() {
	go version -m "$1" | awk -v version="$2" '
		BEGIN { printf "{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n" }
		NR == 1 { go = $NF }
		$1 == "dep" { part[++n] = $2; at[n] = $3; sum[n] = $4 }
		END {
			printf "  \"metadata\": {\"component\": {\"type\": \"application\", \"name\": \"ecoflow\", \"version\": \"%s\"}},\n", version
			printf "  \"components\": [\n"
			printf "    {\"type\": \"framework\", \"name\": \"go\", \"version\": \"%s\", \"purl\": \"pkg:golang/stdlib@%s\"}", go, substr(go, 3)
			for (i = 1; i <= n; i++)
				printf ",\n    {\"type\": \"library\", \"name\": \"%s\", \"version\": \"%s\", \"purl\": \"pkg:golang/%s@%s\", \"properties\": [{\"name\": \"go:sum\", \"value\": \"%s\"}]}", part[i], at[i], part[i], at[i], sum[i]
			printf "\n  ]\n}\n"
		}'
}

dev() { # the window from its sources, reloading, in front of a running program
	node_ready
	packages web/ui
	go run . --no-browser --verbose "$@" &
	trap 'kill %1' EXIT
	(cd web/ui && npm run dev)
}

help() { # this list
	echo "Usage: ./build.sh [verb]; without a verb: all"
	sed -n 's/^\([a-z0-9-]*\)() { # \(.*\)$/  \1\t\2/p' build.sh | expand -t 12
}

verb=${1:-all}
[[ $# -eq 0 ]] || shift
case $verb in
all | ui | generate | test | lint | window | e2e | bench | bench-ui | release | dev | help) "$verb" "$@" ;;
*) help >&2 && exit 2 ;;
esac
