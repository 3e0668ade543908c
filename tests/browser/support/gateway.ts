// A gateway of a test's own: the real binary alone on free ports, with a kong.yml.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeOffset } from "./ports.mjs";

const PORTS = [8000, 8001, 8443];

export interface Gateway {
  http: string; // 127.0.0.1:PORT
  https: string;
  close: () => Promise<void>;
}

async function ready(admin: string, process: ChildProcess, log: string): Promise<void> {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (process.exitCode !== null) throw new Error(`the gateway ended:\n${readFileSync(log, "utf8").slice(-4000)}`);
    const live = await fetch(`${admin}/health/live`).catch(() => undefined);
    if (live?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the gateway did not become ready");
}

// `configuration` is written as JSON, which is YAML too.
export async function startGateway(binary: string, configuration: unknown): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), "mes-browser-gateway-"));
  const file = join(folder, "kong.json");
  const log = join(folder, "gateway.log");
  writeFileSync(file, JSON.stringify(configuration));
  const offset = await freeOffset(PORTS);
  const sink = openSync(log, "a");
  const child = spawn(binary, ["gateway", "--data", folder, "--port-offset", String(offset), "--otlp", "none", "--log-host", ""], {
    stdio: ["ignore", sink, sink],
    env: { ...process.env, MES_KONG_CONFIG: file, MES_DISCOVERY: "false", MES_JWKS_URL: "none", MES_DATA: folder },
  });
  closeSync(sink);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill("SIGTERM");
    const code = await ended;
    const said = readFileSync(log, "utf8");
    rmSync(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the gateway ended with ${code}:\n${said.slice(-4000)}`);
  };
  try {
    await ready(`http://127.0.0.1:${8001 + offset}`, child, log);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  return { http: `127.0.0.1:${8000 + offset}`, https: `127.0.0.1:${8443 + offset}`, close };
}
