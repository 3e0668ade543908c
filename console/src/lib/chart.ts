// Geometry of the small charts: values in, path data and ticks out.
export interface Point {
  x: number;
  y: number | null;
}

// Lines with a gap wherever a value is missing.
export function linePath(points: Point[]): string {
  let path = "";
  let drawing = false;
  for (const { x, y } of points) {
    if (y === null) {
      drawing = false;
      continue;
    }
    path += `${drawing ? "L" : "M"}${round(x)} ${round(y)}`;
    drawing = true;
  }
  return path;
}

// The same, each piece closed down to the base line.
export function areaPath(points: Point[], base: number): string {
  let path = "";
  let piece: { x: number; y: number }[] = [];
  const close = () => {
    const first = piece[0];
    const last = piece.at(-1);
    if (first !== undefined && last !== undefined && piece.length > 1) {
      path += `M${round(first.x)} ${base}${piece.map(({ x, y }) => `L${round(x)} ${round(y)}`).join("")}L${round(last.x)} ${base}Z`;
    }
    piece = [];
  };
  for (const { x, y } of points) {
    if (y === null) close();
    else piece.push({ x, y });
  }
  close();
  return path;
}

// The least of 1, 2, 2.5, 5 times a power of ten that is not below the value.
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5, 10]) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
