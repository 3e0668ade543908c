// Debian's Chromium: tests/browser/*.spec.ts. The console on fixtures or a running platform (MES_CONSOLE_URL), the gateway (MES_BINARY).
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const installed = (name: string) => fileURLToPath(new URL(`./node_modules/${name}`, import.meta.url));

export default defineConfig({
  root: fileURLToPath(new URL("../tests/browser", import.meta.url)),
  resolve: { alias: { "playwright-core": installed("playwright-core/index.mjs"), ws: installed("ws/wrapper.mjs") } },
  test: {
    globals: true,
    include: ["*.spec.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
