// Runs the browser tests: console/dist on fixtures, a gateway of their own, and a real, empty platform that is started for them.
//
//   node tests/browser/run.mjs [vitest's arguments]
//
// MES_CONSOLE_URL (with MES_GATEWAY_URL, MES_TRACES_URL, MES_PORT_OFFSET and MES_DATA) names a running platform instead. MES_TEST_REPORT
// is where a JUnit report goes. Exit code: that of the tests, 1 if the platform does not start.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeOffset } from "./support/ports.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const mes = join(root, "build/release/mes");
const PORTS = [3000, 3008, 3009, 3010, 3011, 3012, 3013, 3014, 3015, 4317, 4318, 5000, 5044, 5601, 5778, 6379, 8000, 8001, 8080, 8443, 9090, 9092, 9200, 9411, 9644, 14250, 14268, 14269, 16686];

function run(program, args, env = {}) {
  return spawnSync(program, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status ?? 1;
}

function runTests(env) {
  const args = ["run", "--config", "vitest.browser.config.ts", "--reporter=default", ...process.argv.slice(2)];
  if (process.env.MES_TEST_REPORT) args.push("--reporter=junit", `--outputFile.junit=${process.env.MES_TEST_REPORT}`);
  const vitest = join(root, "console/node_modules/vitest/vitest.mjs");
  return spawnSync(process.execPath, [vitest, ...args], {
    cwd: join(root, "console"),
    stdio: "inherit",
    env: { ...process.env, ...env },
  }).status;
}

async function main() {
  if (process.env.MES_CONSOLE_URL) return runTests({});
  if (!existsSync(mes)) throw new Error("build/release/mes is missing: run ./dev build first");
  const data = mkdtempSync(join(tmpdir(), "mes-browser-"));
  const offset = await freeOffset(PORTS);
  try {
    if (run(mes, ["up", "--data", data, "--port-offset", String(offset), "--detach", "--empty"]) !== 0) {
      throw new Error("the platform did not start");
    }
    const url = (port) => `http://127.0.0.1:${port + offset}`;
    return runTests({
      MES_CONSOLE_URL: url(3000),
      MES_GATEWAY_URL: url(8000),
      MES_TRACES_URL: url(16686),
      MES_PORT_OFFSET: String(offset),
      MES_DATA: data,
      MES_BINARY: mes,
    });
  } finally {
    run(mes, ["down", "--data", data]);
    rmSync(data, { recursive: true, force: true });
  }
}

main().then(
  (status) => process.exit(status ?? 1),
  (error) => {
    console.error(`run.mjs: ${error.message}`);
    process.exit(1);
  },
);
