// Reads a cURL line as a shell and curl itself would: the request it makes, without
// making it. What it takes from files is not there and is named.

import { CURL } from "./wire";

/** The request that a cURL line makes. */
export interface CurlRequest {
  method: string;
  /** Without host and query. */
  path: string;
  /** With its question mark, "" without one. */
  query: string;
  headers: Record<string, string>;
  /** The text that is sent; undefined without a body. */
  body: string | undefined;
  /** What the line takes from files, which stay behind. */
  left: string[];
}

const LONGEST = 500_000;
const HEADERS = 100;
const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);
// What belongs to the connection, not to the request.
const ofTheConnection = new Set(["host", "content-length", "connection", "accept-encoding", "transfer-encoding"]);

const names: Readonly<Record<string, string>> = {
  A: "user-agent",
  b: "cookie",
  d: "data",
  e: "referer",
  F: "form",
  G: "get",
  H: "header",
  I: "head",
  T: "upload-file",
  u: "user",
  X: "request",
};
// Further options that a value follows; all others stand alone.
const withValue = new Set(
  "cCDEhKmoPQrtUwxyYz"
    .split("")
    .concat(
      "cacert capath cert cert-type ciphers config connect-timeout connect-to cookie-jar dump-header interface key".split(
        " ",
      ),
      "key-type limit-rate max-redirs max-time noproxy output output-dir proto proxy proxy-header proxy-user range".split(
        " ",
      ),
      "resolve retry retry-delay retry-max-time socks5 socks5-hostname tls-max unix-socket write-out aws-sigv4".split(
        " ",
      ),
    ),
);
const known = new Set([
  ...Object.values(names).filter((n) => n !== "get" && n !== "head"),
  ..."data-ascii data-binary data-raw data-urlencode form-string json oauth2-bearer url url-query".split(" "),
]);

/** The request of a cURL line; undefined where it is none that a route could answer. */
export function parseCurl(text: string): CurlRequest | undefined {
  if (!CURL.test(text) || text.length > LONGEST) return undefined;
  const words = split(text.trim().replace(/^\$\s+/, ""));
  if (!words) return undefined;
  const line = new Line();
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? "";
    const long = /^--([a-z0-9-]+)(?:=([\s\S]*))?$/i.exec(word);
    if (long) {
      const name = (long[1] ?? "").toLowerCase();
      const takes = known.has(name) || withValue.has(name);
      line.take(name, takes ? (long[2] ?? words[++i] ?? "") : "");
    } else if (/^-[^-]/.test(word)) {
      for (let at = 1; at < word.length; at++) {
        const name = names[word[at] ?? ""] ?? word[at] ?? "";
        if (!known.has(name) && !withValue.has(name)) {
          line.take(name, "");
          continue;
        }
        line.take(name, word.slice(at + 1) || (words[++i] ?? ""));
        break;
      }
    } else line.take("url", word);
  }
  return line.request();
}

class Line {
  private method: string | undefined;
  private url: string | undefined;
  private isGet = false;
  private readonly headers = new Map<string, [name: string, value: string]>();
  private readonly data: string[] = [];
  private json: string | undefined;
  private readonly fields: [name: string, value: string][] = [];
  private readonly query: string[] = [];
  private readonly left: string[] = [];

  take(name: string, value: string): void {
    switch (name) {
      case "url":
        this.url ??= value;
        break;
      case "request":
        this.method = value.toUpperCase();
        break;
      case "head":
      case "get":
        this.isGet = true;
        break;
      case "header":
        this.header(value);
        break;
      case "user-agent":
        this.set("User-Agent", value);
        break;
      case "referer":
        this.set("Referer", value);
        break;
      case "cookie":
        if (value.includes("=")) this.set("Cookie", value);
        else this.left.push(value);
        break;
      case "user":
        this.set("Authorization", `Basic ${base64(value.includes(":") ? value : `${value}:`)}`);
        break;
      case "oauth2-bearer":
        this.set("Authorization", `Bearer ${value}`);
        break;
      case "data":
      case "data-ascii":
      case "data-binary":
        if (value.startsWith("@")) this.left.push(value.slice(1));
        else this.data.push(value);
        break;
      case "data-raw":
        this.data.push(value);
        break;
      case "data-urlencode":
        this.encoded(value, this.data);
        break;
      case "url-query":
        if (value.startsWith("+")) this.query.push(value.slice(1));
        else this.encoded(value, this.query);
        break;
      case "json":
        if (value.startsWith("@")) this.left.push(value.slice(1));
        else this.json = (this.json ?? "") + value;
        break;
      case "form":
      case "form-string":
        this.field(value, name === "form");
        break;
      case "upload-file":
        this.method ??= "PUT";
        this.left.push(value);
        break;
    }
  }

  request(): CurlRequest | undefined {
    const target = this.target();
    if (!target) return undefined;
    const body = this.body();
    const asked = this.method === "HEAD" ? "GET" : this.method;
    const hasBody = !this.isGet && (body !== undefined || this.left.length > 0);
    const method = asked ?? (hasBody ? "POST" : "GET");
    if (!methods.has(method)) return undefined;
    return {
      method,
      ...target,
      headers: Object.fromEntries(this.headers.values()),
      body: this.isGet ? undefined : body,
      left: this.left,
    };
  }

  private header(value: string): void {
    if (value.startsWith("@")) {
      this.left.push(value.slice(1));
      return;
    }
    const m = /^([^:;]+)(?::\s*([\s\S]*)|;\s*)$/.exec(value);
    if (m?.[2] === "") this.headers.delete((m[1] ?? "").toLowerCase());
    else if (m) this.set(m[1] ?? "", m[2] ?? "");
  }

  private set(name: string, value: string): void {
    const key = name.trim().toLowerCase();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no header may hold them
    const isSendable = /^[!#$%&'*+.^_`|~\w-]+$/.test(key) && !/[\x00-\x08\x0a-\x1f\x7f]/.test(value);
    if (!isSendable || ofTheConnection.has(key) || (this.headers.size >= HEADERS && !this.headers.has(key))) return;
    this.headers.set(key, [name.trim(), value.trim()]);
  }

  private encoded(value: string, to: string[]): void {
    const m = /^([^=@]*)([=@])([\s\S]*)$/.exec(value);
    if (!m) to.push(encoded(value));
    else if (m[2] === "@") this.left.push(m[3] ?? "");
    else to.push((m[1] ? `${m[1]}=` : "") + encoded(m[3] ?? ""));
  }

  private field(value: string, mayBeFile: boolean): void {
    const at = value.indexOf("=");
    if (at < 0) return;
    const [name, text] = [value.slice(0, at), value.slice(at + 1)];
    if (mayBeFile && /^[@<]/.test(text)) this.left.push(text.slice(1).replace(/;.*$/, ""));
    else this.fields.push([name, text]);
  }

  // The address with what -G and --url-query add to it; user:password@ is what -u is.
  private target(): { path: string; query: string } | undefined {
    const m = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)([^?#]*)(?:\?([^#]*))?/i.exec(this.url?.trim() ?? "");
    if (!this.url || !m || (m[1] && !/^https?$/i.test(m[1]))) return undefined;
    const account = m[2]?.includes("@") ? m[2].slice(0, m[2].lastIndexOf("@")) : undefined;
    if (account !== undefined && !this.headers.has("authorization")) this.take("user", decoded(account));
    const query = [m[4] ?? "", ...this.query, ...(this.isGet ? this.data : [])].filter(Boolean).join("&");
    return { path: m[3] || "/", query: query && `?${query.replace(/\s/g, "%20")}` };
  }

  private body(): string | undefined {
    if (this.fields.length > 0) {
      const edge = "ecoflow-form-boundary";
      this.set("Content-Type", `multipart/form-data; boundary=${edge}`);
      const parts = this.fields.map(
        ([name, text]) =>
          `--${edge}\r\nContent-Disposition: form-data; name="${name.replace(/["\r\n]/g, encodeURIComponent)}"\r\n\r\n${text}\r\n`,
      );
      return `${parts.join("")}--${edge}--\r\n`;
    }
    if (this.json !== undefined) {
      if (!this.headers.has("content-type")) this.set("Content-Type", "application/json");
      if (!this.headers.has("accept")) this.set("Accept", "application/json");
      return this.json;
    }
    if (this.data.length === 0) return undefined;
    if (!this.isGet && !this.headers.has("content-type")) this.set("Content-Type", "application/x-www-form-urlencoded");
    return this.data.join("&");
  }
}

/** The words of a command as a shell reads them; undefined where a quote stays open. */
function split(text: string): string[] | undefined {
  // The copy for Windows' own shell escapes with ^.
  const s = /\^\r?\n|\^"/.test(text) ? text.replace(/\^\r?\n/g, " ").replace(/\^([\s\S])/g, "$1") : text;
  const words: string[] = [];
  let word: string | undefined;
  const add = (piece: string): void => {
    word = (word ?? "") + piece;
  };
  for (let i = 0; i < s.length; ) {
    const c = s[i] ?? "";
    if (c === "\\") {
      const next = /^\\\r?\n/.exec(s.slice(i, i + 3))?.[0];
      if (!next) add(s[i + 1] ?? "");
      i += next?.length ?? 2;
    } else if (c === "'" || (c === "$" && s[i + 1] === "'")) {
      const isPlain = c === "'";
      const quoted = matched(isPlain ? /'([^']*)'/y : /\$'([^'\\]*(?:\\[\s\S][^'\\]*)*)'/y, s, i);
      if (!quoted) return undefined;
      add(isPlain ? (quoted[1] ?? "") : escapes(quoted[1] ?? ""));
      i += quoted[0].length;
    } else if (c === '"') {
      const quoted = matched(/"([^"\\]*(?:\\[\s\S][^"\\]*)*)"/y, s, i);
      if (!quoted) return undefined;
      add((quoted[1] ?? "").replace(/\\\r?\n/g, "").replace(/\\(["\\$`])/g, "$1"));
      i += quoted[0].length;
    } else if (/\s/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      // A line that does not go on ends the command.
      if (c === "\n" && !/^\s*-/.test(s.slice(i))) return words;
      i++;
    } else if (word === undefined ? /[|;&<>]/.test(c) : /^[;&|](?:\s|$)/.test(s.slice(i, i + 2))) {
      // Within a word & and ; are of an address that nobody put in quotes.
      if (word !== undefined) words.push(word);
      return words;
    } else {
      add(c);
      i++;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function matched(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

const letters: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
  e: "\x1b",
};

// What stands for what within $'…'.
function escapes(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([\s\S]))/g,
    (...m) => {
      const [short, long, byte, octal, other] = m.slice(1, 6) as (string | undefined)[];
      const hex = short ?? long ?? byte;
      if (hex !== undefined) {
        const code = Number.parseInt(hex, 16);
        return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
      }
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return Object.hasOwn(letters, other ?? "") ? (letters[other ?? ""] ?? "") : (other ?? "");
    },
  );
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%20/g, "+");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
