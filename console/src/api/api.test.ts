import { describe, expect, test } from "vitest";
import { ratesBetween } from "./bus";
import { clausesOf, lineOf, searchBody } from "./logs";
import { parseMatrix, parseVector } from "./metrics";
import { productionQuery, rejectRate } from "./production";
import { messageOf } from "./request";
import { traceQuery } from "./traces";

const NOW = new Date("2026-03-01T12:00:00Z");

describe("log search", () => {
  test("takes words, phrases, fields and ids apart", () => {
    expect(clausesOf('order dispatched "as planned" user_id:user-1')).toEqual([
      { match_phrase: { message: "as planned" } },
      { term: { user_id: "user-1" } },
      { match: { message: { query: "order dispatched", operator: "and" } } },
    ]);
    const id = "0af7651916cd43dd8448eb211c80319c";
    expect(clausesOf("0af76519-16cd-43dd-8448-eb211c80319c")).toEqual([{ term: { trace_id: id } }]);
    expect(clausesOf(`trace_id:${id}`)).toEqual([{ term: { trace_id: id } }]);
    expect(clausesOf("  ")).toEqual([]);
  });

  test("asks for the newest lines of a period", () => {
    expect(searchBody({ text: "", level: "error", service: "", period: "15m", size: 200 }, NOW)).toEqual({
      query: { bool: { filter: [{ term: { level: "error" } }, { range: { "@timestamp": { gte: "2026-03-01T11:45:00.000Z" } } }] } },
      sort: [{ "@timestamp": { order: "desc" } }],
      size: 200,
    });
    expect(searchBody({ text: "", level: "", service: "", period: "all", size: 1 }, NOW)).toMatchObject({ query: { match_all: {} } });
  });

  test("reads lines of others too", () => {
    const line = lineOf({ _id: "1", _index: "i", _source: { timestamp: "2026-03-01T12:00:00Z", message: { a: 1 }, level: "WARN" } });
    expect(line).toMatchObject({ id: "i/1", level: "warn", message: '{"a":1}', service: "", traceId: "" });
    expect(line.at.getTime()).toBe(NOW.getTime());
  });

  test("tells of the request where the message does not", () => {
    const about = (source: Record<string, unknown>) => lineOf({ _id: "1", _index: "i", _source: source }).about;
    expect(about({ message: "request", method: "POST", path: "/api/v1/auth/login", status: 200 })).toBe("POST /api/v1/auth/login 200");
    expect(about({ message: "POST /api/v1/parts 201", method: "POST", path: "/api/v1/parts" })).toBe("");
    expect(about({ message: "ready" })).toBe("");
  });
});

describe("prometheus", () => {
  test("values come as text", () => {
    expect(parseVector([{ metric: { service: "gateway" }, value: [1, "2.5"] }])).toEqual([{ labels: { service: "gateway" }, value: 2.5 }]);
  });

  test("gaps and NaN are no value", () => {
    const [series] = parseMatrix([{ metric: {}, values: [[15, "1"], [45, "NaN"]] }], 0, 45, 15);
    expect(series?.points.map((point) => point.value)).toEqual([null, 1, null, null]);
  });
});

test("a reader's last day is inside, the interface's end is not", () => {
  expect(productionQuery({ groupBy: "part", from: "2012-01-02", to: "2012-02-29" })).toBe(
    "group_by=part&from=2012-01-02T00%3A00%3A00Z&to=2012-03-01T00%3A00%3A00Z",
  );
  expect(productionQuery({ groupBy: "none", from: "", to: "" })).toBe("group_by=none");
});

test("the reject rate is of all pieces told of", () => {
  // The real shop's three months: 92,519 completed, 593 rejected, 105 for review; rate 0.0063615.
  expect(rejectRate({ completed: 92_519, rejected: 593, mrb: 105 })).toBeCloseTo(0.0063615, 7);
  expect(rejectRate({ completed: 0, rejected: 0, mrb: 0 })).toBeNull();
});

test("rates on the bus come from two looks, and a recreated topic has none", () => {
  const before = { atMs: 0, ends: new Map([["a", 10], ["b", 50]]) };
  expect([...ratesBetween(before, { atMs: 2_000, ends: new Map([["a", 30], ["b", 5], ["c", 9]]) })]).toEqual([["a", 10]]);
  expect(ratesBetween(before, { ...before }).size).toBe(0);
});

test("traces are asked for in microseconds", () => {
  const query = new URLSearchParams(traceQuery({ service: "gateway", period: "1h", minDuration: "20ms", failedOnly: true, limit: 50 }, NOW));
  expect(query.get("end")).toBe("1772366400000000");
  expect(query.get("start")).toBe("1772362800000000");
  expect(query.get("tags")).toBe('{"error":"true"}');
});

test("errors are told in the words of whoever refused", () => {
  const response = { status: 404, statusText: "Not Found" };
  expect(messageOf({ title: "Not Found", detail: "No work order WO-9" }, response)).toBe("No work order WO-9");
  expect(messageOf({ message: "Unauthorized" }, response)).toBe("Unauthorized");
  expect(messageOf({ data: null, errors: [{ code: 404, msg: "trace not found" }] }, response)).toBe("trace not found");
  expect(messageOf(null, response)).toBe("404 Not Found");
});
