// The product as its user meets it: the built binary on an empty folder, and
// Debian's Chromium, the one without windows of its own, in front of it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");

let binary = process.env.ECOFLOW_BINARY;

/** The binary under test: the one given, or one built now. */
export function build() {
  if (binary) return binary;
  binary = join(mkdtempSync(join(tmpdir(), "ecoflow-bin-")), "ecoflow");
  execFileSync("go", ["build", "-o", binary, "."], { cwd: root, env: { ...process.env, CGO_ENABLED: "0" }, stdio: "inherit" });
  return binary;
}

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** A running product. start() again after kill() goes on with the same folder. */
export class Product {
  /**
   * @param {{ auth?: boolean, folder?: string, free?: boolean, under?: string[] }} options free fixes no setting from
   * outside, the port among them; under is a command that becomes the product
   */
  constructor(options = {}) {
    this.options = options;
    this.folder = options.folder ?? mkdtempSync(join(tmpdir(), "ecoflow-e2e-"));
    this.output = "";
  }

  async start() {
    const flags = ["--dir", this.folder, "--no-browser", ...(this.options.auth ? ["--auth"] : [])];
    if (!this.options.free) {
      this.port ??= await freePort();
      this.url = `http://localhost:${this.port}`;
      flags.push("--port", String(this.port));
    }
    this.output = "";
    const [program, ...before] = [...(this.options.under ?? []), build()];
    this.process = spawn(program, [...before, ...flags], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (text) => {
        this.output += text;
      });
    }
    this.exited = new Promise((done) => this.process.once("exit", done));
    const gone = this.exited.then((code) => {
      throw new Error(`the product ended with ${code}: ${this.output}`);
    });
    await Promise.race([gone, this.answers()]);
    gone.catch(() => {});
    return this;
  }

  async answers() {
    for (;;) {
      if (this.options.free) this.url = /ready at (\S+)/.exec(this.output)?.[1];
      const up = this.url && (await fetch(`${this.url}/systemApi/server/isOnline`).then((r) => r.ok).catch(() => false));
      if (up) return;
      await new Promise((next) => setTimeout(next, 50));
    }
  }

  /** The file that the product would open in the browser. */
  launchFile() {
    const name = readdirSync(this.folder).filter((f) => f.startsWith("launch-")).at(-1);
    if (!name) throw new Error(`no launch file: ${this.output}`);
    return `file://${join(this.folder, name)}`;
  }

  setupCode() {
    return readFileSync(join(this.folder, "setup-code"), "utf8").trim();
  }

  async kill(signal = "SIGKILL") {
    if (this.process.exitCode !== null) return;
    this.process.kill(signal);
    await this.exited;
  }

  async remove() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const sizes = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } };

/** Starts Chromium; one for a whole test file. more are switches of its own. */
export function browser(...more) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...more,
    ],
  });
}

/**
 * A window of one person, which notes everything that must not happen: requests
 * to other hosts, policy reports, errors in the console.
 */
export async function openWindow(chromium, { scheme = "light", size = "wide", ...more } = {}) {
  const context = await chromium.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    hasTouch: size === "narrow",
    permissions: ["clipboard-read", "clipboard-write"],
    ...more,
  });
  const faults = [];
  context.on("request", (r) => {
    const { protocol, hostname } = new URL(r.url());
    if (/^https?:$/.test(protocol) && hostname !== "localhost" && hostname !== "127.0.0.1") faults.push(`foreign request: ${r.url()}`);
  });
  context.on("page", (page) => {
    page.setDefaultTimeout(45_000);
    page.on("pageerror", (e) => faults.push(`page error: ${e.message}`));
    page.on("console", (m) => {
      if (m.type() !== "error") return;
      // A refused call is logged by the browser itself; the page shows it.
      if (/Failed to load resource/.test(m.text()) && !/Content Security Policy/.test(m.text())) return;
      faults.push(`console: ${m.text()}`);
    });
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (e) => console.error(`Content Security Policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
  });
  const page = await context.newPage();
  return { context, page, faults };
}
