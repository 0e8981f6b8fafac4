package js

// preludeSource runs once in each runtime, before everything is frozen.
const preludeSource = `(function (host) {
"use strict";
const { utf8, text, parse, escape, unescape, fetch: send, body: bytesOf } = host;

class TextEncoder {
	get encoding() { return "utf-8"; }
	encode(s = "") { return utf8(String(s)); }
}

class TextDecoder {
	#fatal;
	constructor(label = "utf-8", options = {}) {
		if (!["utf-8", "utf8", "unicode-1-1-utf-8"].includes(String(label).toLowerCase())) throw new RangeError("Only utf-8 is decoded here");
		this.#fatal = Boolean(options.fatal);
	}
	get encoding() { return "utf-8"; }
	get fatal() { return this.#fatal; }
	decode(input) { return text(input, this.#fatal); }
}

class URLSearchParams {
	#list = [];
	#changed;
	constructor(init = "", changed) {
		this.#changed = changed;
		if (init !== null && typeof init === "object") {
			if (typeof init[Symbol.iterator] === "function") for (const [k, v] of init) this.#list.push([String(k), String(v)]);
			else for (const k of Object.keys(init)) this.#list.push([k, String(init[k])]);
			return;
		}
		let s = String(init);
		if (s[0] === "?") s = s.slice(1);
		for (const part of s.split("&")) {
			if (part === "") continue;
			const at = part.indexOf("=");
			this.#list.push(at < 0 ? [unescape(part), ""] : [unescape(part.slice(0, at)), unescape(part.slice(at + 1))]);
		}
	}
	#update() { if (this.#changed) this.#changed(this.toString()); }
	get size() { return this.#list.length; }
	append(k, v) { this.#list.push([String(k), String(v)]); this.#update(); }
	delete(k) { k = String(k); this.#list = this.#list.filter((e) => e[0] !== k); this.#update(); }
	get(k) { k = String(k); const e = this.#list.find((e) => e[0] === k); return e ? e[1] : null; }
	getAll(k) { k = String(k); return this.#list.filter((e) => e[0] === k).map((e) => e[1]); }
	has(k) { k = String(k); return this.#list.some((e) => e[0] === k); }
	set(k, v) {
		k = String(k);
		const at = this.#list.findIndex((e) => e[0] === k);
		if (at < 0) this.#list.push([k, String(v)]);
		else { this.#list[at][1] = String(v); this.#list = this.#list.filter((e, i) => i <= at || e[0] !== k); }
		this.#update();
	}
	sort() { this.#list.sort((a, b) => a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0); this.#update(); }
	forEach(f, self) { for (const [k, v] of this.#list) f.call(self, v, k, this); }
	keys() { return this.#list.map((e) => e[0]).values(); }
	values() { return this.#list.map((e) => e[1]).values(); }
	entries() { return this.#list.map((e) => [e[0], e[1]]).values(); }
	[Symbol.iterator]() { return this.entries(); }
	toString() { return this.#list.map((e) => escape(e[0]) + "=" + escape(e[1])).join("&"); }
	toJSON() { return this.toString(); }
	get [Symbol.toStringTag]() { return "URLSearchParams"; }
}

const PROTOCOL = 0, USER = 1, PASSWORD = 2, HOST = 3, PORT = 4, PATH = 5, SEARCH = 6, HASH = 7;
const special = (protocol) => ["http:", "https:", "ws:", "wss:", "ftp:"].includes(protocol);

class URL {
	#parts;
	#params;
	constructor(address, base) {
		this.#parts = parse(String(address), base === undefined ? undefined : String(base));
		if (!this.#parts) throw new TypeError("Invalid URL: " + String(address).slice(0, 200));
	}
	static canParse(address, base) { return parse(String(address), base === undefined ? undefined : String(base)) !== null; }
	static parse(address, base) { return URL.canParse(address, base) ? new URL(address, base) : null; }
	#set(part, value) {
		const before = this.#parts[part];
		this.#parts[part] = value;
		const parsed = parse(this.href);
		if (parsed) this.#parts = parsed;
		else this.#parts[part] = before;
	}
	get protocol() { return this.#parts[PROTOCOL]; }
	set protocol(v) { v = String(v); this.#set(PROTOCOL, v.endsWith(":") ? v : v + ":"); }
	get username() { return this.#parts[USER]; }
	set username(v) { this.#set(USER, encodeURIComponent(String(v))); }
	get password() { return this.#parts[PASSWORD]; }
	set password(v) { this.#set(PASSWORD, encodeURIComponent(String(v))); }
	get hostname() { return this.#parts[HOST]; }
	set hostname(v) { this.#set(HOST, String(v)); }
	get port() { return this.#parts[PORT]; }
	set port(v) { this.#set(PORT, String(v)); }
	get host() { return this.#parts[HOST] + (this.#parts[PORT] ? ":" + this.#parts[PORT] : ""); }
	set host(v) { const [host, port = ""] = String(v).split(":"); this.#set(HOST, host); this.#set(PORT, port); }
	get origin() { return special(this.protocol) ? this.protocol + "//" + this.host : "null"; }
	get pathname() { return this.#parts[PATH]; }
	set pathname(v) { v = String(v); this.#set(PATH, v[0] === "/" ? v : "/" + v); }
	get search() { return this.#parts[SEARCH]; }
	set search(v) { v = String(v); this.#params = undefined; this.#set(SEARCH, v === "" || v === "?" ? "" : v[0] === "?" ? v : "?" + v); }
	get hash() { return this.#parts[HASH]; }
	set hash(v) { v = String(v); this.#set(HASH, v === "" || v === "#" ? "" : v[0] === "#" ? v : "#" + v); }
	get searchParams() {
		if (!this.#params) this.#params = new URLSearchParams(this.search, (s) => { this.#parts[SEARCH] = s ? "?" + s : ""; });
		return this.#params;
	}
	get href() {
		const p = this.#parts;
		const user = p[USER] ? p[USER] + (p[PASSWORD] ? ":" + p[PASSWORD] : "") + "@" : "";
		return p[PROTOCOL] + (p[HOST] || special(p[PROTOCOL]) ? "//" + user + this.host : "") + p[PATH] + p[SEARCH] + p[HASH];
	}
	set href(v) {
		const parsed = parse(String(v));
		if (!parsed) throw new TypeError("Invalid URL: " + String(v).slice(0, 200));
		this.#parts = parsed;
		this.#params = undefined;
	}
	toString() { return this.href; }
	toJSON() { return this.href; }
	get [Symbol.toStringTag]() { return "URL"; }
}

class DOMException extends Error {
	constructor(message = "", name = "Error") { super(message); this.name = name; }
}

class AbortSignal {
	#aborted = false;
	#reason;
	#listeners = [];
	static pair() {
		const signal = new AbortSignal();
		return [signal, (reason) => {
			if (signal.#aborted) return;
			signal.#aborted = true;
			signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
			const event = { type: "abort", target: signal };
			if (typeof signal.onabort === "function") signal.onabort(event);
			for (const f of signal.#listeners.splice(0)) f.call(signal, event);
		}];
	}
	static abort(reason) { const [signal, abort] = pair(); abort(reason); return signal; }
	static timeout(ms) {
		const [signal, abort] = pair();
		setTimeout(() => abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")), ms);
		return signal;
	}
	onabort = null;
	get aborted() { return this.#aborted; }
	get reason() { return this.#reason; }
	throwIfAborted() { if (this.#aborted) throw this.#reason; }
	addEventListener(type, f) { if (type === "abort" && typeof f === "function") this.#listeners.push(f); }
	removeEventListener(type, f) { this.#listeners = this.#listeners.filter((g) => g !== f); }
}
const pair = AbortSignal.pair;
delete AbortSignal.pair;

class AbortController {
	#signal;
	#abort;
	constructor() { [this.#signal, this.#abort] = pair(); }
	get signal() { return this.#signal; }
	abort(reason) { this.#abort(reason); }
}

class Headers {
	#map = new Map();
	constructor(init) {
		if (init === undefined || init === null) return;
		const entries = typeof init[Symbol.iterator] === "function" ? init : Object.keys(init).map((k) => [k, init[k]]);
		for (const [k, v] of entries) this.append(k, v);
	}
	static #name(k) {
		k = String(k).toLowerCase();
		if (!/^[!#$%&'*+.^_|~0-9a-z\x60-]+$/.test(k)) throw new TypeError("Invalid header name: " + k.slice(0, 100));
		return k;
	}
	static #value(v) {
		v = String(v).trim();
		if (/[\0\r\n]/.test(v)) throw new TypeError("Invalid header value");
		return v;
	}
	append(k, v) { k = Headers.#name(k); v = Headers.#value(v); const had = this.#map.get(k); this.#map.set(k, had === undefined ? v : had + ", " + v); }
	set(k, v) { this.#map.set(Headers.#name(k), Headers.#value(v)); }
	get(k) { const v = this.#map.get(Headers.#name(k)); return v === undefined ? null : v; }
	has(k) { return this.#map.has(Headers.#name(k)); }
	delete(k) { this.#map.delete(Headers.#name(k)); }
	#sorted() { return Array.from(this.#map.entries()).sort((a, b) => a[0] < b[0] ? -1 : 1); }
	forEach(f, self) { for (const [k, v] of this.#sorted()) f.call(self, v, k, this); }
	keys() { return this.#sorted().map((e) => e[0]).values(); }
	values() { return this.#sorted().map((e) => e[1]).values(); }
	entries() { return this.#sorted().values(); }
	[Symbol.iterator]() { return this.entries(); }
}

// A body is kept as the bytes it is; what it came from says its type.
function takeBody(body, headers) {
	if (body === undefined || body === null) return null;
	if (body instanceof URLSearchParams) {
		if (!headers.has("content-type")) headers.set("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
		return utf8(body.toString());
	}
	if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return bytesOf(body);
	if (!headers.has("content-type")) headers.set("content-type", "text/plain;charset=UTF-8");
	return utf8(String(body));
}

class Body {
	#bytes;
	#used = false;
	constructor(bytes) { this.#bytes = bytes; }
	get bodyUsed() { return this.#used; }
	#take() {
		if (this.#used) throw new TypeError("Body has already been read");
		this.#used = this.#bytes !== null;
		return this.#bytes;
	}
	copyBytes() {
		if (this.#used) throw new TypeError("Body has already been read");
		return this.#bytes;
	}
	async text() { const b = this.#take(); return b === null ? "" : text(b, false); }
	async json() { const b = this.#take(); return JSON.parse(b === null ? "" : text(b, false)); }
	async bytes() { return bytesOf(this.#take() ?? new Uint8Array(0)); }
	async arrayBuffer() { return (await this.bytes()).buffer; }
}
const copyBytes = Body.prototype.copyBytes;
delete Body.prototype.copyBytes;

class Response extends Body {
	constructor(body, init = {}) {
		const headers = new Headers(init.headers);
		super(takeBody(body, headers));
		this.headers = headers;
		this.status = init.status === undefined ? 200 : Number(init.status);
		this.statusText = init.statusText === undefined ? "" : String(init.statusText);
		this.url = "";
		this.redirected = false;
		this.type = "default";
	}
	get ok() { return this.status >= 200 && this.status < 300; }
	clone() { return new Response(copyBytes.call(this), this); }
	static json(data, init = {}) {
		const headers = new Headers(init.headers);
		if (!headers.has("content-type")) headers.set("content-type", "application/json");
		return new Response(JSON.stringify(data), { ...init, headers });
	}
}

class Request extends Body {
	constructor(input, init = {}) {
		const from = input instanceof Request ? input : null;
		const headers = new Headers(init.headers === undefined && from ? from.headers : init.headers);
		super(init.body === undefined && from ? copyBytes.call(from) : takeBody(init.body, headers));
		this.url = from ? from.url : new URL(String(input)).href;
		this.method = String(init.method === undefined ? from ? from.method : "GET" : init.method).toUpperCase();
		this.headers = headers;
		this.redirect = init.redirect === undefined ? from ? from.redirect : "follow" : String(init.redirect);
		this.signal = init.signal === undefined ? from ? from.signal : null : init.signal;
	}
	clone() { return new Request(this); }
}

async function fetch(input, init) {
	const request = new Request(input, init);
	const bytes = copyBytes.call(request);
	if (bytes !== null && (request.method === "GET" || request.method === "HEAD")) throw new TypeError("A request with the method " + request.method + " cannot have a body");
	if (request.signal) request.signal.throwIfAborted();
	const [answer, cancel] = send(request.method, request.url, Array.from(request.headers), bytes, request.redirect);
	if (request.signal) request.signal.addEventListener("abort", () => cancel(request.signal.reason));
	const got = await answer;
	const response = new Response(got.body, { status: got.status, statusText: got.statusText, headers: got.headers });
	response.url = got.url;
	response.redirected = got.redirected;
	response.type = "basic";
	return response;
}

return { TextEncoder, TextDecoder, URL, URLSearchParams, DOMException, AbortSignal, AbortController, Headers, Response, Request, fetch };
})`
