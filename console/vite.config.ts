import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { precompress } from "./build-tools/precompress.ts";

// MES_CONSOLE names a running console role, so that `npm run dev` shows real data.
const platform = process.env.MES_CONSOLE ?? "http://127.0.0.1:3000";

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or styles
    modulePreload: { polyfill: false },
    rollupOptions: { input: { index: "index.html", traces: "traces.html" } },
  },
  server: { proxy: { "/api": platform } },
  test: { include: ["src/**/*.test.ts"] },
});
