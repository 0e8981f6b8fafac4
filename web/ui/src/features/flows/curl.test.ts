import { describe, expect, it } from "vitest";
import { parseCurl } from "./curl";

const of = (line: string) => {
  const read = parseCurl(line);
  if (!read) throw new Error(`not read: ${line}`);
  return read;
};

describe("a cURL line", () => {
  it("is its method, path, query, headers and body", () => {
    expect(
      of(
        `curl -X PUT 'https://example.org:8443/api/users/7?x=1#top' -H 'Content-Type: application/json' -H "X-Id: 7" --data '{"name": "Ada"}'`,
      ),
    ).toEqual({
      method: "PUT",
      path: "/api/users/7",
      query: "?x=1",
      headers: { "Content-Type": "application/json", "X-Id": "7" },
      body: '{"name": "Ada"}',
      left: [],
    });
  });
  it("is read over several lines, with options written together and after the address", () => {
    const read = of(`$ curl -sSL \\
      http://localhost/api/a \\\r
      -XPATCH -H"A: 1" --header=B:2 \\
      --data-raw '@not a file'`);
    expect(read).toMatchObject({ method: "PATCH", path: "/api/a", headers: { A: "1", B: "2" }, body: "@not a file" });
  });
  it("ends where the command ends", () => {
    expect(of("curl localhost/a?x=1&y=2 | jq . > out.json")).toMatchObject({ path: "/a", query: "?x=1&y=2" });
    expect(of("curl localhost/a; rm -rf /").path).toBe("/a");
    expect(of("curl localhost/a ; rm -rf /").headers).toEqual({});
    expect(of("curl localhost/a\nrm -rf /").path).toBe("/a");
    expect(of("curl localhost/a\n  -d x=1").body).toBe("x=1");
  });
  it("reads every kind of quotes", () => {
    expect(of(`curl /a -d 'it'\\''s' -d "a\\"b\\\\c\\$d\\n" -d $'tab\\there \\u00e9 \\x41 \\'q\\''`).body).toBe(
      `it's&a"b\\c$d\\n&tab\there é A 'q'`,
    );
    expect(of('curl ^"http://x/api/a^" ^\r\n  -H ^"A: 1^" ^\r\n  --data-raw ^"{\\^"n\\^": 1}^"')).toMatchObject({
      path: "/api/a",
      headers: { A: "1" },
      body: '{"n": 1}',
    });
  });
  it("takes data as curl does", () => {
    expect(of("curl /a -d x=1 -d y=2")).toMatchObject({
      method: "POST",
      body: "x=1&y=2",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    });
    expect(of(`curl /a --json '{"a":' --json '1}'`)).toMatchObject({
      method: "POST",
      body: '{"a":1}',
      headers: { "Content-Type": "application/json", Accept: "application/json" },
    });
    expect(of("curl /a?z=0 -G -d x=1 --data-urlencode 'q=a b&c'")).toMatchObject({
      method: "GET",
      query: "?z=0&x=1&q=a+b%26c",
      body: undefined,
      headers: {},
    });
    expect(of("curl /a -F name=Ada -F 'photo=@a.png;type=image/png'")).toMatchObject({
      method: "POST",
      body: '--ecoflow-form-boundary\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda\r\n--ecoflow-form-boundary--\r\n',
      left: ["a.png"],
    });
    expect(of("curl /a -d @body.json")).toMatchObject({ method: "POST", body: undefined, left: ["body.json"] });
    expect(of("curl -T a.bin /a")).toMatchObject({ method: "PUT", left: ["a.bin"] });
    expect(of("curl -I /a").method).toBe("GET");
  });
  it("makes headers of accounts, cookies and agents", () => {
    expect(of("curl /a -u 'ada:gräfin' -A me -e http://b -b 'a=1; b=2'").headers).toEqual({
      Authorization: `Basic ${btoa("ada:gr\u00c3\u00a4fin")}`,
      "User-Agent": "me",
      Referer: "http://b",
      Cookie: "a=1; b=2",
    });
    expect(of("curl http://ada:p%40ss@x/a").headers).toEqual({ Authorization: `Basic ${btoa("ada:p@ss")}` });
    expect(of("curl /a -b jar.txt").left).toEqual(["jar.txt"]);
    expect(
      of("curl /a -H 'X: 1' -H 'x: 2' -H 'Y;' -H 'Accept:' -H 'Host: evil' -H 'Content-Length: 9'").headers,
    ).toEqual({
      x: "2",
      Y: "",
    });
  });
  it("knows which options a value follows", () => {
    expect(of("curl -o out.txt --max-time 5 -kx http://proxy:1 --compressed --unknown http://x/right")).toMatchObject({
      path: "/right",
    });
  });
  it("is nothing where no route could answer it", () => {
    for (const line of [
      "curl",
      "curl -X OPTIONS http://x/a",
      "curl ftp://x/a",
      "curl file:///etc/passwd",
      "curl 'http://x/a",
      'curl "http://x/a',
      "curl $'http://x/a",
      "wget http://x/a",
      "curly http://x/a",
      `curl http://x/${"a".repeat(500_000)}`,
    ])
      expect(parseCurl(line), line.slice(0, 40)).toBeUndefined();
  });
  it("takes what is hostile as text, or not at all", () => {
    expect(of("curl /a -H '__proto__: x' -H 'constructor: y'").headers).toEqual(
      JSON.parse('{"__proto__": "x", "constructor": "y"}'),
    );
    expect(of("curl /a -H $'X: a\\r\\nEvil: 1' -H 'B a d: 1' -H $'N: \\0'").headers).toEqual({});
    expect(of("curl '/a?q=<script>alert(1)</script> b'").query).toBe("?q=<script>alert(1)</script>%20b");
    expect(of("curl `rm -rf /` /b").path).toBe("/");
    expect(of("curl /a -d $'\\Uffffffff'").body).toBe("\ufffd");
    expect(of(`curl /a ${"-H 'X: 1' ".repeat(5000)}`).headers).toEqual({ X: "1" });
    expect(
      Object.keys(of(`curl /a ${Array.from({ length: 300 }, (_, i) => `-H 'X${i}: 1'`).join(" ")}`).headers),
    ).toHaveLength(100);
    expect(of(`curl /a -d "${"\\\\".repeat(100_000)}"`).body).toHaveLength(100_000);
  });
});
