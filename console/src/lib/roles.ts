// How a role's row reads: its state in three tones, how long it has been up, where it can be opened.
import type { PlatformStatus, Role } from "../api/platform";

export type Tone = "good" | "warn" | "bad" | "";

const TONES: Record<string, Tone> = {
  ready: "good",
  waiting: "warn",
  starting: "warn",
  stopping: "warn",
  "backing-off": "bad",
  stopped: "bad",
};

export function toneOf(state: string): Tone {
  return TONES[state.toLowerCase()] ?? "";
}

// Jaeger, Prometheus and the console's own pages open in a browser; the other ports speak other protocols.
const PAGES = new Set([3000, 5601, 8080, 9090, 16686]);

export function portOffset(status: PlatformStatus): number {
  const port = status.roles.find((role) => role.name === "console")?.ports[0];
  return port === undefined ? 0 : port - 3000;
}

export function pageOf(port: number, offset: number, hostname: string): string | null {
  return PAGES.has(port - offset) ? `http://${hostname}:${port}/` : null;
}

export interface Address {
  label: string;
  text: string;
  href: string | null;
}

// What a newcomer looks for first, from the ports that the roles really hold.
const ADDRESSES: { label: string; port: number; form: (host: string) => string; open: boolean }[] = [
  { label: "Gateway", port: 8000, form: (host) => `http://${host}`, open: false },
  { label: "Gateway, TLS", port: 8443, form: (host) => `https://${host}`, open: false },
  { label: "Event bus (Kafka)", port: 9092, form: (host) => host, open: false },
  { label: "Traces (Jaeger)", port: 16686, form: (host) => `http://${host}`, open: true },
  { label: "Logs (Elasticsearch)", port: 9200, form: (host) => `http://${host}`, open: true },
  { label: "Metrics (Prometheus)", port: 9090, form: (host) => `http://${host}`, open: true },
  { label: "Spans in (OTLP)", port: 4318, form: (host) => `http://${host}`, open: false },
  { label: "Log lines in (TCP)", port: 5000, form: (host) => host, open: false },
  { label: "Cache (Redis)", port: 6379, form: (host) => host, open: false },
];

export function addressesOf(status: PlatformStatus, hostname: string): Address[] {
  const offset = portOffset(status);
  const held = new Set(status.roles.flatMap((role) => role.ports));
  return ADDRESSES.filter((entry) => held.has(entry.port + offset)).map((entry) => {
    const text = entry.form(`${hostname}:${entry.port + offset}`);
    return { label: entry.label, text, href: entry.open ? text : null };
  });
}

// Start times are Prometheus' process_start_time_seconds by role; a process that is not scraped has none.
export function uptimeS(role: Role, startTimes: Map<string, number>, nowMs: number): number | null {
  const seconds = startTimes.get(role.name);
  return seconds === undefined ? null : nowMs / 1000 - seconds;
}
