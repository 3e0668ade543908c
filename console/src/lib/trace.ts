// A trace as Jaeger gives it, and as a waterfall shows it.
export interface JaegerTag {
  key: string;
  type?: string;
  value: string | number | boolean;
}

export interface JaegerSpan {
  traceID: string;
  spanID: string;
  operationName: string;
  references?: { refType: string; traceID: string; spanID: string }[];
  startTime: number; // µs since 1970
  duration: number; // µs
  tags?: JaegerTag[];
  logs?: { timestamp: number; fields: JaegerTag[] }[];
  processID: string;
  warnings?: string[] | null;
}

export interface JaegerTrace {
  traceID: string;
  spans: JaegerSpan[];
  processes: Record<string, { serviceName: string; tags?: JaegerTag[] }>;
}

export interface SpanRow {
  span: JaegerSpan;
  service: string;
  depth: number;
  children: number;
  offset: number; // share of the trace's length before the span starts, 0…1
  width: number; // share of the trace's length, 0…1
  failed: boolean;
  orphan: boolean; // its parent is named but not there
}

export interface TraceView {
  rows: SpanRow[];
  start: Date;
  lengthUs: number;
  services: { name: string; spans: number; selfUs: number }[];
  failures: number;
}

function parentOf(span: JaegerSpan): string | null {
  const reference =
    span.references?.find((entry) => entry.refType === "CHILD_OF") ??
    span.references?.find((entry) => entry.refType === "FOLLOWS_FROM");
  return reference?.spanID ?? null;
}

export function tagOf(span: JaegerSpan, key: string): string | null {
  const tag = span.tags?.find((entry) => entry.key === key);
  return tag === undefined ? null : String(tag.value);
}

export function isFailed(span: JaegerSpan): boolean {
  return tagOf(span, "error") === "true" || tagOf(span, "otel.status_code") === "ERROR";
}

// Time of a span that none of its children covers; children may overlap each other and outlive their parent.
export function selfTimeUs(span: JaegerSpan, children: JaegerSpan[]): number {
  const end = span.startTime + span.duration;
  let covered = 0;
  let reached = span.startTime;
  for (const child of children.toSorted((a, b) => a.startTime - b.startTime)) {
    const from = Math.max(child.startTime, reached);
    const to = Math.min(child.startTime + child.duration, end);
    if (to > from) {
      covered += to - from;
      reached = to;
    }
  }
  return span.duration - covered;
}

// Depth first, children by start. A span whose parent is missing stands at the top level; a cycle is cut.
export function viewOf(trace: JaegerTrace): TraceView {
  const known = new Map(trace.spans.map((span) => [span.spanID, span]));
  const children = new Map<string, JaegerSpan[]>();
  const tops: JaegerSpan[] = [];
  for (const span of trace.spans.toSorted((a, b) => a.startTime - b.startTime)) {
    const parent = parentOf(span);
    if (parent === null || !known.has(parent) || parent === span.spanID) tops.push(span);
    else children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  let start = Infinity;
  let end = -Infinity;
  for (const span of trace.spans) {
    start = Math.min(start, span.startTime);
    end = Math.max(end, span.startTime + span.duration);
  }
  const lengthUs = Math.max(end - start, 1);
  const rows: SpanRow[] = [];
  const services = new Map<string, { name: string; spans: number; selfUs: number }>();
  const seen = new Set<string>();
  const stack = tops.toReversed().map((span) => ({ span, depth: 0 }));
  const walk = () => {
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { span, depth } = next;
      if (seen.has(span.spanID)) continue;
      seen.add(span.spanID);
      const below = children.get(span.spanID) ?? [];
      const service = trace.processes[span.processID]?.serviceName ?? "unknown";
      const entry = services.get(service) ?? { name: service, spans: 0, selfUs: 0 };
      entry.spans += 1;
      entry.selfUs += selfTimeUs(span, below);
      services.set(service, entry);
      rows.push({
        span,
        service,
        depth,
        children: below.length,
        offset: (span.startTime - start) / lengthUs,
        width: span.duration / lengthUs,
        failed: isFailed(span),
        orphan: depth === 0 && parentOf(span) !== null,
      });
      for (const child of below.toReversed()) stack.push({ span: child, depth: depth + 1 });
    }
  };
  walk();
  for (const span of trace.spans) {
    if (seen.has(span.spanID)) continue;
    stack.push({ span, depth: 0 }); // what only a cycle leads to
    walk();
  }
  return {
    rows,
    start: new Date(trace.spans.length === 0 ? Number.NaN : start / 1000),
    lengthUs: trace.spans.length === 0 ? 0 : lengthUs,
    services: [...services.values()].toSorted((a, b) => b.selfUs - a.selfUs),
    failures: rows.filter((row) => row.failed).length,
  };
}
