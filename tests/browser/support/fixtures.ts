// Answers of a platform, as its interfaces give them, for a plant that is made up here.
const NOW_S = () => Math.floor(Date.now() / 1000 / 15) * 15;

const ROLES: [string, number[], number][] = [
  ["bus", [9092, 9644], 9120],
  ["redis", [6379], 4810],
  ["telemetry", [5000, 5044, 9200, 16686, 4317, 4318, 14250, 14268, 9411, 5778, 14269], 12340],
  ["auth", [3008], 7420],
  ["work-order", [3009], 9210],
  ["quality", [3010], 7980],
  ["material", [3011], 8120],
  ["traceability", [3012], 8260],
  ["resource", [3013], 8010],
  ["reporting", [3014], 10240],
  ["integration", [3015], 7760],
  ["gateway", [8000, 8443, 8001], 8890],
  ["console", [3000, 5601, 8080], 5230],
  ["prometheus", [9090], 39120],
];

export const status = {
  roles: ROLES.map(([name, ports, pss_kb], index) => ({
    name,
    pid: 4100 + index * 3,
    state: name === "quality" ? "starting" : "ready",
    ports,
    start_ms: name === "quality" ? null : 90 + index * 17,
    restarts: name === "quality" ? 1 : 0,
    pss_kb,
    last_exit: name === "quality" ? "signal 9 (Killed)" : "",
  })),
  ready: false,
  data: "/srv/mes/var",
  admin_password_file: "/srv/mes/var/secrets/admin-password",
  urls: {},
};

const SERVICES = ["gateway", "work-order-service", "reporting-service", "material-service", "resource-service", "auth-service"];

// A wave that is the same at each run: no randomness in what is compared or looked at.
const wave = (at: number, seed: number) => 1 + 0.35 * Math.sin(at / 170 + seed) + 0.2 * Math.sin(at / 47 + seed * 3);

function valueOf(query: string, seed: number, at: number): number {
  if (query.includes("histogram_quantile")) return 0.0062 * wave(at, 2);
  if (query.includes("code=~")) return Math.max(0, 0.004 * (wave(at, 1) - 0.9));
  if (query.startsWith("sum(")) return 96 * wave(at, 0);
  return (44 / (seed + 1)) * wave(at, seed);
}

export function instant(query: string) {
  const at = NOW_S();
  if (query === "process_start_time_seconds") {
    const names = ROLES.filter(([name]) => name !== "redis").map(([name]) => name);
    return vector(names.map((name) => ({ metric: name === "prometheus" ? { job: name } : { service: name }, value: [at, String(at - 9_340)] })));
  }
  const series = query.includes("by (service)") ? SERVICES : [""];
  return vector(series.map((service, seed) => ({ metric: service === "" ? {} : { service }, value: [at, String(valueOf(query, seed, at))] })));
}

const vector = (result: unknown[]) => ({ status: "success", data: { resultType: "vector", result } });

export function range(query: string, start: number, end: number, step: number) {
  const series = query.includes("by (service)") ? SERVICES : [""];
  const result = series.map((service, seed) => {
    const values: [number, string][] = [];
    for (let at = start; at <= end; at += step) values.push([at, String(valueOf(query, seed, at))]);
    return { metric: service === "" ? {} : { service }, values };
  });
  return { status: "success", data: { resultType: "matrix", result } };
}

const KEYS: Record<string, string[]> = {
  part: ["Bearing cup", "Drive shaft", "End cap", "Flange 40", "Gear 24T", "Guide pin", "Housing, left", "Housing, right", "Spacer", "Valve seat"],
  resource: ["Mill 1", "Mill 2", "Lathe 3", "Lathe 4", "Grinder 5", "Deburring", "Final inspection", "Packing"],
  worker: ["W-0102", "W-0115", "W-0131", "W-0140", "W-0208", "W-0213", "W-0266"],
  work_order: Array.from({ length: 42 }, (_, index) => `WO-${String(index + 1).padStart(4, "0")}`),
  report_type: ["D", "S", "B"],
};

export function production(groupBy: string) {
  const keys = groupBy === "none" ? [] : (KEYS[groupBy] ?? []);
  const data = keys.map((key, index) => ({
    key,
    reports: Math.round(420 / (index + 1)) + 7,
    completed: Math.round(9800 / (index + 1)) + 31,
    rejected: Math.round(61 / (index + 1)),
    mrb: index === 1 ? 12 : 0,
    reported_minutes: Math.round(52_000 / (index + 1)),
    busy_minutes: groupBy === "report_type" ? null : Math.round(41_000 / (index + 1)),
  }));
  const totals = { reports: 1352, completed: 28_946, rejected: 176, mrb: 12, reported_minutes: 151_000, busy_minutes: 119_400, work_orders: 42, ordered: 6400, packed: 5120 };
  return { data, totals };
}

export const TRACE = "01936b2e7d1c7c4a9f0e3b2a1c0d9e8f";
export const REQUEST = "01936b2e-7d1c-7c4a-9f0e-3b2a1c0d9e8f";

const MESSAGES: [string, string, string][] = [
  ["info", "gateway", "POST /api/v1/workorders/WO-0012/reports 201"],
  ["info", "work-order-service", "report accepted"],
  ["info", "material-service", "lot L-2210 consumed"],
  ["warn", "gateway", "rate limit reached by consumer simulate"],
  ["error", "quality-service", "inspection plan P-7 names a characteristic that part Flange 40 does not have"],
  ["debug", "reporting-service", "batch of 212 events applied"],
  ["info", "traceability-service", "edge produced-by added"],
];

export function logs(body: { size?: number; query?: unknown }) {
  const asked = JSON.stringify(body.query);
  const start = Date.now() - 4_000;
  const all = Array.from({ length: 480 }, (_, index) => {
    const [level, service, message] = MESSAGES[index % MESSAGES.length] ?? ["info", "gateway", ""];
    const at = new Date(start - index * 1_730).toISOString();
    return { "@timestamp": at, timestamp: at, level, service, message, trace_id: TRACE, request_id: REQUEST, user_id: "admin", duration_ms: 3 + (index % 9) };
  });
  const fits = all.filter(
    (line) =>
      MESSAGES.every(([level]) => !asked.includes(`"level":"${level}"`) || line.level === level) &&
      (!asked.includes('"match"') || asked.includes(line.message.split(" ")[0] ?? "")),
  );
  return {
    took: 3,
    timed_out: false,
    hits: {
      total: { value: fits.length, relation: "eq" },
      hits: fits.slice(0, body.size ?? 10).map((source, index) => ({ _index: "mes-logs-2026.01.01", _id: `l${index}`, _source: source })),
    },
  };
}

interface SpanPlan {
  id: string;
  parent: string;
  service: string;
  name: string;
  start: number;
  duration: number;
  error?: boolean;
}

const PLAN: SpanPlan[] = [
  { id: "a1", parent: "", service: "gateway", name: "POST /api/v1/workorders", start: 0, duration: 9_420 },
  { id: "b1", parent: "a1", service: "gateway", name: "upstream work-order-service", start: 310, duration: 8_760 },
  { id: "c1", parent: "b1", service: "work-order-service", name: "POST /api/v1/workorders/{id}/reports", start: 520, duration: 8_310 },
  { id: "d1", parent: "c1", service: "material-service", name: "POST /api/v1/parts/reservations", start: 900, duration: 2_610 },
  { id: "d2", parent: "c1", service: "resource-service", name: "POST /api/v1/equipment/assignments", start: 1_050, duration: 3_920, error: true },
  { id: "e1", parent: "c1", service: "work-order-service", name: "commit", start: 5_400, duration: 3_120 },
  { id: "f1", parent: "e1", service: "reporting-service", name: "consume work-order.updated", start: 12_800, duration: 1_450 },
  { id: "f2", parent: "e1", service: "traceability-service", name: "consume work-order.updated", start: 13_300, duration: 2_240 },
];

export function trace(traceID: string, ageS = 5) {
  const start = (Date.now() - ageS * 1000) * 1000;
  const services = [...new Set(PLAN.map((span) => span.service))];
  return {
    traceID,
    spans: PLAN.map((span) => ({
      traceID,
      spanID: span.id,
      operationName: span.name,
      references: span.parent === "" ? [] : [{ refType: "CHILD_OF", traceID, spanID: span.parent }],
      startTime: start + span.start,
      duration: span.duration,
      tags: [
        { key: "http.request.method", type: "string", value: "POST" },
        ...(span.error === true ? [{ key: "error", type: "bool", value: true }] : []),
      ],
      logs: [],
      processID: `p${services.indexOf(span.service)}`,
      warnings: null,
    })),
    processes: Object.fromEntries(services.map((serviceName, index) => [`p${index}`, { serviceName, tags: [] }])),
  };
}

export const traceServices = { data: SERVICES, total: SERVICES.length, limit: 0, offset: 0, errors: null };

export function traces() {
  const data = Array.from({ length: 12 }, (_, index) => trace(index === 0 ? TRACE : TRACE.slice(0, 30) + String(10 + index), 5 + index * 21));
  return { data, total: data.length, limit: 0, offset: 0, errors: null };
}

const TOPICS = [
  "equipment.status-changed",
  "integration.message-received",
  "material.consumed",
  "material.lot-created",
  "personnel.assigned",
  "quality.inspection-created",
  "system.audit-log",
  "system.health-check",
  "traceability.genealogy-updated",
  "work-order.completed",
  "work-order.created",
  "work-order.updated",
];

export function topics() {
  const passed = Math.floor(Date.now() / 1000) % 100_000;
  return TOPICS.map((name, index) => ({
    name,
    partitions: [0, 1, 2].map((partition) => ({
      partition,
      low: 0,
      high: name === "quality.inspection-created" ? 0 : Math.floor((passed * (index + 1 + partition)) / 12) + 400,
    })),
    size_bytes: name === "quality.inspection-created" ? 0 : 546_000 * (index + 1),
  }));
}

export const groups = ["material", "quality", "reporting", "traceability"].map((name, index) => ({
  name,
  state: index === 1 ? "Empty" : "Stable",
  protocol: index === 1 ? "" : "range",
  generation: 3 + index,
  members:
    index === 1
      ? []
      : [{ id: `${name}-5f0c`, client_id: `${name}-service`, host: "127.0.0.1", assignment: [0, 1, 2].map((partition) => ({ topic: "work-order.updated", partition })) }],
  lag: [0, 1, 2].map((partition) => {
    const lag = index === 1 ? 640 : index;
    return { topic: "work-order.updated", partition, committed: 4000 + partition, high: 4000 + partition + lag, lag };
  }),
}));

export function records(from: number, limit: number) {
  const shown = Array.from({ length: Math.min(limit, 50) }, (_, index) => {
    const value = JSON.stringify({ id: `WO-00${10 + (index % 7)}`, changeType: "partial", completed: 4 + index, rejected: index % 5 === 0 ? 1 : 0 });
    return {
      offset: from + index,
      timestamp: new Date(Date.now() - (50 - index) * 900).toISOString(),
      key: `0193-wo-${index % 7}`,
      value,
      value_bytes: value.length,
      headers: [
        { name: "content-type", value: "application/json" },
        { name: "ce_type", value: "work-order.updated" },
        { name: "ce_id", value: `0193-event-${from + index}` },
        { name: "traceparent", value: `00-${TRACE}-b7ad6b7169203331-01` },
      ],
    };
  });
  return { low: 0, high: from + shown.length, records: shown };
}
