import { expect, test } from "vitest";
import { areaPath, linePath, niceCeiling } from "./chart";

test("a line breaks where a value is missing", () => {
  expect(linePath([{ x: 0, y: 1 }, { x: 1, y: 2 }, { x: 2, y: null }, { x: 3, y: 4 }])).toBe("M0 1L1 2M3 4");
  expect(linePath([])).toBe("");
});

test("an area closes each piece to the base", () => {
  expect(areaPath([{ x: 0, y: 1 }, { x: 1, y: 2 }, { x: 2, y: null }, { x: 3, y: 4 }], 9)).toBe("M0 9L0 1L1 2L1 9Z");
});

test("scales end at round numbers", () => {
  expect([0, 0.003, 1, 1.2, 2.2, 26, 99, 101].map(niceCeiling)).toEqual([1, 0.005, 1, 2, 2.5, 50, 100, 200]);
});
