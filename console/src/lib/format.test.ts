import { expect, test } from "vitest";
import { bytes, count, duration, hours, percent, rate } from "./format";

test("numbers", () => {
  expect(count(92_519)).toBe("92,519");
  expect(count(0.125)).toBe("0.125");
  expect(count(null)).toBe("–");
  expect(count(Number.NaN)).toBe("–");
});

test("rates keep what is small visible", () => {
  expect([0, 0.001, 0.25, 3.14159, 250.4].map(rate)).toEqual(["0", "< 0.01", "0.25", "3.1", "250"]);
});

test("shares", () => {
  expect([0, 0.00001, 0.0063615, 0.5].map(percent)).toEqual(["0 %", "< 0.01 %", "0.64 %", "50.0 %"]);
});

test("sizes are powers of 1024", () => {
  expect([0, 1023, 1024, 1_572_864, 5 * 1024 ** 4].map(bytes)).toEqual(["0 B", "1023 B", "1.0 KiB", "1.5 MiB", "5.0 TiB"]);
});

test("lengths of time", () => {
  expect([0, 0.000412, 0.0032, 0.5, 1.25, 59.94, 250, 11_520, 187_200].map(duration)).toEqual([
    "0 s", "412 µs", "3.2 ms", "500 ms", "1.25 s", "59.9 s", "4 m 10 s", "3 h 12 m", "2 d 4 h",
  ]);
  expect(duration(-1)).toBe("–");
  expect(hours(835_361)).toBe("13,923 h");
});
