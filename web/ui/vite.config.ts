import { readFileSync } from "node:fs";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// ECOFLOW_DEV_SERVER is the address of a running binary that the development
// server passes API calls to; without it, the one that ./build.sh dev starts.
const target = process.env.ECOFLOW_DEV_SERVER ?? "http://localhost:4000";
const server = { target, changeOrigin: true }; // it answers to its own Host only

// What of others is in the window, for its page about the program: read from the lock file.
const packages: Plugin = {
  name: "packages",
  resolveId: (id) => (id === "virtual:packages" ? `\0${id}` : undefined),
  load: (id) => {
    if (id !== "\0virtual:packages") return undefined;
    const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8"));
    const list = Object.entries<Locked>(lock.packages)
      .filter(([path, p]) => path && !p.dev && !p.optional)
      .map(([path, p]) => ({ name: path.replace(/^.*node_modules\//, ""), version: p.version, licence: p.license ?? "" }));
    return `export default ${JSON.stringify(list)}`;
  },
};
interface Locked {
  version: string;
  license?: string;
  dev?: boolean;
  optional?: boolean;
}

export default defineConfig({
  base: "/_/",
  plugins: [react(), packages],
  // The licence, which the setup shows, is the one file from outside.
  server: { port: 5173, proxy: { "/systemApi": server, "/api": server }, fs: { allow: [".", "../../LICENSE"] } },
  build: {
    outDir: "build", // packed into dist, which the binary embeds
    manifest: true,
    assetsInlineLimit: 0, // data: URLs are not what the policy of the page allows for scripts
    modulePreload: { polyfill: false },
    sourcemap: false,
    target: "es2022",
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
});
