import { describe, expect, test } from "vitest";
import { traceIdOf, traceIdOfParent, requestIdOf } from "./ids";
import { matchPath, withQuery } from "./router";

describe("addresses", () => {
  test("match by segments", () => {
    expect(matchPath("/", "/")).toEqual({});
    expect(matchPath("/traces/:id", "/traces/ab%2F1")).toEqual({ id: "ab/1" });
    expect(matchPath("/traces/:id", "/traces/100%")).toEqual({ id: "100%" });
    expect(matchPath("/traces/:id", "/traces")).toBeNull();
    expect(matchPath("/logs", "/bus")).toBeNull();
  });

  test("keep what is not changed", () => {
    expect(withQuery("?a=1&b=2", { b: "3", c: "4 5" })).toBe("?a=1&b=3&c=4+5");
    expect(withQuery("?a=1", { a: "" })).toBe("");
  });
});

describe("ids", () => {
  // The example of W3C Trace Context, section 3.2.
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  test("a request id's 128 bits are its trace id", () => {
    expect(traceIdOf(" 0AF76519-16CD-43DD-8448-EB211C80319C ")).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(requestIdOf("0af7651916cd43dd8448eb211c80319c")).toBe("0af76519-16cd-43dd-8448-eb211c80319c");
    expect(traceIdOf("0af7651916cd43dd")).toBe("0af7651916cd43dd"); // 64 bits, as B3 allows
    expect(traceIdOf("WO-17")).toBeNull();
    expect(requestIdOf("0af7651916cd43dd")).toBeNull();
  });

  test("a traceparent names its trace", () => {
    expect(traceIdOfParent(parent)).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(traceIdOfParent("")).toBeNull();
  });
});
