import { count } from "../lib/format";
import { Link } from "./link";

export interface Bar {
  key: string;
  value: number;
  href: string;
}

// Names with their share of the largest, largest first.
export function BarList({ bars, label }: { bars: Bar[]; label: string }) {
  const top = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <ul className="bars" aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.key}>
          <Link href={bar.href}>
            <span className="name" title={bar.key}>
              {bar.key}
            </span>
            <span>{count(bar.value)}</span>
            <span className="track" aria-hidden="true">
              <i style={{ width: `${(bar.value / top) * 100}%` }} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
