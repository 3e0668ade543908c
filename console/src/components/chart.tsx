import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Series } from "../api/metrics";
import { areaPath, linePath, niceCeiling } from "../lib/chart";
import { clock } from "../lib/format";

const highest = (series: Series[]) => Math.max(0, ...series.flatMap((one) => one.points.map((point) => point.value ?? 0)));

// A shape without axes: the last half hour at a glance.
export function Sparkline({ series, label, tone = "--accent" }: { series: Series | undefined; label: string; tone?: string }) {
  const points = series?.points ?? [];
  if (points.filter((point) => point.value !== null).length < 2) return <div className="spark" aria-hidden="true" />;
  const top = Math.max(highest(series === undefined ? [] : [series]), Number.MIN_VALUE);
  const placed = points.map((point, index) => ({
    x: (index / (points.length - 1)) * 200,
    y: point.value === null ? null : 31 - (point.value / top) * 27,
  }));
  return (
    <svg className="spark" viewBox="0 0 200 32" preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={areaPath(placed, 32)} fill={`var(${tone})`} opacity="0.12" />
      <path d={linePath(placed)} fill="none" stroke={`var(${tone})`} strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement | null>(null);
  const [width, setWidth] = useState(600);
  useEffect(() => {
    if (box.current === null) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.max(entry.contentRect.width, 200)));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}

export interface LineChartProps {
  series: Series[];
  nameOf: (series: Series) => string;
  colorOf: (name: string) => string;
  format: (value: number) => string;
  label: string;
  height?: number;
}

// Lines over time with a readable scale; a pointer or the arrow keys read the values of one instant.
export function LineChart({ series, nameOf, colorOf, format, label, height = 190 }: LineChartProps) {
  const [box, width] = useWidth();
  const [cursor, setCursor] = useState<number | null>(null);
  const times = series[0]?.points.map((point) => point.at) ?? [];
  const left = 38;
  const bottom = height - 20;
  const top = niceCeiling(highest(series));
  const x = (index: number) => left + (times.length < 2 ? 0 : (index / (times.length - 1)) * (width - left - 8));
  const y = (value: number) => bottom - (value / top) * (bottom - 10);
  const at = cursor === null ? undefined : times[cursor];

  const read = (clientX: number) => {
    const bounds = box.current?.getBoundingClientRect();
    if (bounds === undefined || times.length < 2) return;
    const share = (clientX - bounds.left - left) / (width - left - 8);
    setCursor(Math.min(times.length - 1, Math.max(0, Math.round(share * (times.length - 1)))));
  };
  const move = (key: string) => {
    if (key === "Escape") setCursor(null);
    else if (key === "ArrowLeft") setCursor((now) => Math.max(0, (now ?? times.length) - 1));
    else if (key === "ArrowRight") setCursor((now) => Math.min(times.length - 1, (now ?? -1) + 1));
  };

  return (
    <div
      className="chart-box"
      ref={box}
      role="group"
      tabIndex={0}
      aria-label={`${label}. Arrow keys read single instants.`}
      onPointerMove={(event) => read(event.clientX)}
      onPointerLeave={() => setCursor(null)}
      onBlur={() => setCursor(null)}
      onKeyDown={(event) => move(event.key)}
    >
      <svg className="chart" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line className="grid" x1={left} x2={width - 8} y1={y(top * share)} y2={y(top * share)} />
            <text x={left - 6} y={y(top * share) + 4} textAnchor="end">
              {format(top * share)}
            </text>
          </g>
        ))}
        {[0, 0.25, 0.5, 0.75, 1].map((share) => {
          const index = Math.round(share * (times.length - 1));
          const instant = times[index];
          return instant === undefined ? null : (
            <text key={share} x={x(index)} y={height - 4} textAnchor={share === 0 ? "start" : share === 1 ? "end" : "middle"}>
              {clock(new Date(instant * 1000)).slice(0, 5)}
            </text>
          );
        })}
        {series.map((one) => {
          const name = nameOf(one);
          const placed = one.points.map((point, index) => ({ x: x(index), y: point.value === null ? null : y(point.value) }));
          return (
            <g key={name}>
              {series.length === 1 && <path d={areaPath(placed, bottom)} fill={colorOf(name)} opacity="0.1" />}
              <path d={linePath(placed)} fill="none" stroke={colorOf(name)} strokeWidth="1.6" strokeLinejoin="round" />
            </g>
          );
        })}
        {cursor !== null && <line className="cursor" x1={x(cursor)} x2={x(cursor)} y1={8} y2={bottom} />}
      </svg>
      {cursor !== null && at !== undefined && (
        <Tip left={x(cursor)} width={width} title={clock(new Date(at * 1000)).slice(0, 8)}>
          {series
            .map((one) => ({ name: nameOf(one), value: one.points[cursor]?.value ?? null }))
            .filter((entry): entry is { name: string; value: number } => entry.value !== null)
            .toSorted((a, b) => b.value - a.value)
            .slice(0, 9)
            .map(({ name, value }) => (
              <li key={name}>
                <i className="swatch" style={{ background: colorOf(name) }} />
                {name}
                <b>{format(value)}</b>
              </li>
            ))}
        </Tip>
      )}
    </div>
  );
}

function Tip({ left, width, title, children }: { left: number; width: number; title: string; children: ReactNode }) {
  const style = left > width / 2 ? { right: width - left + 12 } : { left: left + 12 };
  return (
    <div className="tip" style={style} aria-live="polite">
      <div className="muted">{title}</div>
      <ul>{children}</ul>
    </div>
  );
}
