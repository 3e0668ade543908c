// One id from click to part: a request id is a UUID whose 128 bits are its trace id.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TRACE = /^[0-9a-f]{16}(?:[0-9a-f]{16})?$/i;

// The trace id that a text names, as 32 (or 16) hexadecimal digits; null if it is neither a UUID nor a trace id.
export function traceIdOf(text: string): string | null {
  const trimmed = text.trim().toLowerCase();
  if (UUID.test(trimmed)) return trimmed.replaceAll("-", "");
  return TRACE.test(trimmed) ? trimmed : null;
}

export function requestIdOf(traceId: string): string | null {
  const match = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(traceId.toLowerCase());
  return match === null ? null : match.slice(1).join("-");
}

// The trace of a W3C traceparent header: "00-<trace>-<span>-01".
export function traceIdOfParent(traceparent: string): string | null {
  return /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1] ?? null;
}
