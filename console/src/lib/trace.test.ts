import { describe, expect, test } from "vitest";
import { isFailed, type JaegerSpan, type JaegerTrace, selfTimeUs, viewOf } from "./trace";

function span(spanID: string, parent: string | null, startTime: number, duration: number): JaegerSpan {
  const references = parent === null ? [] : [{ refType: "CHILD_OF", traceID: "t", spanID: parent }];
  return { traceID: "t", spanID, operationName: spanID, references, startTime, duration, processID: "p1" };
}

function trace(...spans: JaegerSpan[]): JaegerTrace {
  return { traceID: "t", spans, processes: { p1: { serviceName: "one" } } };
}

const order = (...spans: JaegerSpan[]) => viewOf(trace(...spans)).rows.map((row) => `${row.depth}${row.span.spanID}`);

describe("a waterfall", () => {
  test("shows children below their parent, by start", () => {
    expect(order(span("c", "a", 30, 10), span("b", "a", 10, 10), span("d", "b", 12, 2), span("a", null, 0, 100))).toEqual(["0a", "1b", "2d", "1c"]);
  });

  test("keeps spans whose parent is missing, and says so", () => {
    const view = viewOf(trace(span("a", null, 0, 5), span("b", "lost", 2, 2)));
    expect(view.rows.map((row) => row.orphan)).toEqual([false, true]);
  });

  test("shows every span of a cycle once", () => {
    expect(order(span("a", "b", 0, 5), span("b", "a", 1, 5)).toSorted()).toEqual(["0a", "1b"]);
    expect(order(span("a", "a", 0, 5))).toEqual(["0a"]);
  });

  test("places bars by the whole trace, consumers after the root's end included", () => {
    const view = viewOf(trace(span("a", null, 1_000, 100), span("b", "a", 1_150, 50)));
    expect(view.lengthUs).toBe(200);
    expect(view.rows.map((row) => [row.offset, row.width])).toEqual([[0, 0.5], [0.75, 0.25]]);
  });

  test("of nothing is empty", () => {
    expect(viewOf(trace()).rows).toEqual([]);
    expect(viewOf(trace()).lengthUs).toBe(0);
  });

  test("of ten thousand nested spans does not run out of stack", () => {
    const spans = Array.from({ length: 10_000 }, (_, index) => span(`s${index}`, index === 0 ? null : `s${index - 1}`, index, 10));
    expect(viewOf(trace(...spans)).rows.at(-1)?.depth).toBe(9_999);
  });
});

test("own time counts overlapping children once, and only while the parent runs", () => {
  expect(selfTimeUs(span("a", null, 0, 100), [])).toBe(100);
  expect(selfTimeUs(span("a", null, 0, 100), [span("b", "a", 10, 20), span("c", "a", 20, 20)])).toBe(70);
  expect(selfTimeUs(span("a", null, 0, 100), [span("b", "a", 90, 50)])).toBe(90);
  expect(selfTimeUs(span("a", null, 0, 100), [span("b", "a", 200, 50)])).toBe(100);
});

test("a failure is Jaeger's error tag or OpenTelemetry's status", () => {
  const tagged = (key: string, value: string | boolean) => ({ ...span("a", null, 0, 1), tags: [{ key, value }] });
  expect(isFailed(tagged("error", true))).toBe(true);
  expect(isFailed(tagged("error", "true"))).toBe(true);
  expect(isFailed(tagged("otel.status_code", "ERROR"))).toBe(true);
  expect(isFailed(tagged("error", false))).toBe(false);
});
