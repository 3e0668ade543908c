// The console's built files and made-up answers on one free port: what the console role serves, without a platform.
import { existsSync, readFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as fixtures from "./fixtures";

const DIST = fileURLToPath(new URL("../../../console/dist", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
// As src/console/pages.cc has it.
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export const PASSWORD = "right-horse";

export interface FixtureServer {
  url: string;
  close: () => Promise<void>;
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, string>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as Record<string, string>);
}

// Which server is played: the console role, or the telemetry role on Jaeger's port, where /api/ is Jaeger's own.
export type Origin = "console" | "traces";

async function answer(request: IncomingMessage, response: ServerResponse, origin: Origin): Promise<void> {
  const asked = request.url ?? "/";
  const url = new URL(origin === "traces" ? asked.replace(/^\/api\//, "/api/traces/") : asked, "http://fixture");
  const query = (name: string) => url.searchParams.get(name) ?? "";
  const path = url.pathname;
  if (path === "/api/platform/status") return json(response, 200, fixtures.status);
  if (path === "/api/prometheus/api/v1/query") return json(response, 200, fixtures.instant(query("query")));
  if (path === "/api/prometheus/api/v1/query_range") {
    return json(response, 200, fixtures.range(query("query"), Number(query("start")), Number(query("end")), Number(query("step"))));
  }
  if (path === "/api/logs/mes-logs-*/_search") return json(response, 200, fixtures.logs(await bodyOf(request)));
  if (path === "/api/traces/services") return json(response, 200, fixtures.traceServices);
  if (path === "/api/traces/traces") return json(response, 200, fixtures.traces());
  if (path.startsWith("/api/traces/traces/")) {
    const id = path.split("/").at(-1) ?? "";
    if (id === fixtures.TRACE) return json(response, 200, { data: [fixtures.trace(id)], errors: null });
    return json(response, 404, { data: null, errors: [{ code: 404, msg: "trace not found" }] });
  }
  if (path === "/api/bus/topics") return json(response, 200, fixtures.topics());
  if (path === "/api/bus/groups") return json(response, 200, fixtures.groups);
  if (/^\/api\/bus\/topics\/[^/]+\/records$/.test(path)) {
    return json(response, 200, fixtures.records(Number(query("from")), Number(query("limit"))));
  }
  if (path === "/api/v1/auth/login") {
    const { username, password } = await bodyOf(request);
    if (username !== "admin" || password !== PASSWORD) return json(response, 401, { title: "Unauthorized", status: 401 });
    return json(response, 200, { access_token: "fixture-token", refresh_token: "fixture-refresh", expires_in: 900 });
  }
  if (path === "/api/v1/dashboard/production") {
    if (request.headers.authorization !== "Bearer fixture-token") return json(response, 401, { message: "Unauthorized" });
    return json(response, 200, fixtures.production(query("group_by")));
  }
  if (path.startsWith("/api/")) return json(response, 404, { message: `no fixture for ${path}` });
  file(path, response, origin === "traces" ? "/traces.html" : "/index.html");
}

function file(path: string, response: ServerResponse, index: string): void {
  const found = extname(path) !== "" && existsSync(join(DIST, path)) ? path : index;
  response.writeHead(200, { "content-type": TYPES[extname(found)] ?? "application/octet-stream", "content-security-policy": POLICY });
  response.end(readFileSync(join(DIST, found)));
}

export async function startFixtureServer(origin: Origin = "console"): Promise<FixtureServer> {
  if (!existsSync(join(DIST, "index.html"))) throw new Error("console/dist is missing: run `./dev build` first");
  const server: Server = createServer((request, response) => {
    answer(request, response, origin).catch((error: unknown) => json(response, 500, { message: String(error) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
