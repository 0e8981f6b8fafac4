package env_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"ecoflow/app/env"
	"ecoflow/app/limit"
)

func TestParseText(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "",
		"A=1":                                 `A="1"@1`,
		"\ufeffA=1\r\nB=2\r\n":                `A="1"@1 B="2"@2`,
		"A=1\rB=2":                            `A="1"@1 B="2"@2`,
		"# a comment\n\n  # another\nA=1":     `A="1"@4`,
		"export A=1\nexport\tB=2\nexport=3":   `A="1"@1 B="2"@2 export="3"@3`,
		" A = a b  # why\nB=a#b\nC=#\nD=":     `A="a b"@1 B="a#b"@2 C=""@3 D=""@4`,
		"A='a \\n # b' # c\nB=`it's \"so\"`":  `A="a \\n # b"@1 B="it's \"so\""@2`,
		`A="a\nb\t\"\\\$\'\x"`:                `A="a\nb\t\"\\$\\'\\x"@1`,
		"A=\"one\r\ntwo\"\nB='x\ny'\nC=3":     `A="one\ntwo"@1 B="x\ny"@3 C="3"@5`,
		"A=${B}/x\nB=\"${A} $A\"":             `A="${B}/x"@1 B="${A} $A"@2`,
		"URL=postgres://u:p@h/db?x=1&y=2":     `URL="postgres://u:p@h/db?x=1&y=2"@1`,
		"a=1\nA=2":                            `A="2"@2 !2 A comes twice; the last one counts.`,
		"nothing\nA=1":                        `A="1"@2 !1 There is no = in this line.`,
		"A=\"open\nB=2":                       `B="2"@2 !1 The quote " is not closed.`,
		"A='x'y\nB=2":                         `B="2"@2 !1 After the closing quote there is more: write the whole value inside quotes.`,
		"A='x\ny' z\nB=2":                     `B="2"@3 !1 After the closing quote there is more: write the whole value inside quotes.`,
		"9A=1\nÄ=2\nA B=3\n=4":                `!1 ` + bad + ` !2 ` + bad + ` !3 ` + bad + ` !4 ` + bad,
		"A=" + strings.Repeat("x", 64<<10+1):  `!1 A value may have at most 64 KiB.`,
		"A=1\n\nB='1\n2\n3'\nwrong\nC=\"\\\\": `A="1"@1 B="1\n2\n3"@3 !6 There is no = in this line. !7 The quote " is not closed.`,
	} {
		entries, problems := env.ParseText(text)
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprintf("%s=%q@%d", e.Name, e.Value, e.Line))
		}
		for _, p := range problems {
			got = append(got, fmt.Sprintf("!%d %s", p.Line, p.Message))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%.60q\ngot  %s\nwant %s", text, g, want)
		}
	}
}

const bad = `A name has letters of A to Z, digits and _, starts with no digit, and has at most 128 characters.`

func TestParseTextIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range limit.EnvVars + 10 {
		fmt.Fprintf(&b, "V%d=1\n", i)
	}
	entries, problems := env.ParseText(b.String())
	if len(entries) != limit.EnvVars || len(problems) != 1 {
		t.Errorf("%d variables, %v", len(entries), problems)
	}
	if _, problems := env.ParseText(strings.Repeat("x\n", 10_000)); len(problems) != 100 {
		t.Errorf("%d problems", len(problems))
	}
}

var wellNamed = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,127}$`)

func FuzzParseText(f *testing.F) {
	for _, seed := range []string{
		"A=1", "export A='x'\nB=\"y\\n\"", "A=`\n`#\n", "A=\"\\", "=\n==\n'='", "\ufeff\r\r\n#", "A=${B}", "A=' \" ` \\", "export export=export",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		entries, problems := env.ParseText(text)
		last := 1 + strings.Count(text, "\n") + strings.Count(text, "\r")
		seen := map[string]bool{}
		for _, e := range entries {
			if !wellNamed.MatchString(e.Name) || seen[strings.ToUpper(e.Name)] || e.Line < 1 || e.Line > last || len(e.Value) > len(text) {
				t.Errorf("%q: %+v", text, e)
			}
			seen[strings.ToUpper(e.Name)] = true
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > last {
				t.Errorf("%q: %+v", text, p)
			}
		}
		// Whatever a value is, it can be written so that it is read back.
		value := strings.ReplaceAll(text, "\r", "")
		written := "X=\"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + "\" # end\nY=2"
		back, wrong := env.ParseText(written)
		if len(value) <= limit.EnvValueBytes && (len(wrong) > 0 || len(back) != 2 || back[0].Value != value) {
			t.Errorf("%q is read back as %+v %v", value, back, wrong)
		}
	})
}
