import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// ECOFLOW_DEV_SERVER is the address of a running binary that the development
// server passes API calls to (./build.sh dev sets it).
const target = process.env.ECOFLOW_DEV_SERVER ?? "http://localhost:4000";
const server = { target, changeOrigin: true }; // it answers to its own Host only

export default defineConfig({
  base: "/_/",
  plugins: [react()],
  server: { port: 5173, proxy: { "/systemApi": server, "/api": server } },
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
