// Which server this page came from, and so where the platform's interfaces are.
//
// The console role proxies everything below /api/…, so that the browser needs one origin. The telemetry role serves
// the same program as Jaeger's page on 16686 (traces.html), where only Jaeger's own interface is at hand; everything
// else is a link to the console on port 3000, moved by the same offset.
const CONSOLE_PORT = 3000;
const JAEGER_PORT = 16686;

export const onTracesOrigin = globalThis.document?.documentElement.dataset.origin === "traces";

export function consolePortFor(jaegerPort: number): number {
  return CONSOLE_PORT + (jaegerPort - JAEGER_PORT);
}

// The address of a console page; a relative one wherever that will do.
export function consoleHref(path: string): string {
  if (!onTracesOrigin) return path;
  const { protocol, hostname, port } = window.location;
  return `${protocol}//${hostname}:${consolePortFor(Number(port))}${path}`;
}

export const api = {
  gateway: "/api/v1",
  platform: "/api/platform",
  prometheus: "/api/prometheus/api/v1",
  logs: "/api/logs",
  traces: onTracesOrigin ? "/api" : "/api/traces",
  bus: "/api/bus",
};
