import type { ReactNode } from "react";

export interface StatProps {
  label: string;
  value: ReactNode;
  unit?: string;
  note?: ReactNode;
  tone?: "good" | "warn" | "bad" | undefined;
  chart?: ReactNode;
}

export function Stat({ label, value, unit, note, tone, chart }: StatProps) {
  return (
    <div className="tile">
      <dt>{label}</dt>
      <dd className={tone === undefined ? "" : `tone-${tone}`}>
        {value}
        {unit !== undefined && <small>{unit}</small>}
      </dd>
      {note !== undefined && <dd className="note">{note}</dd>}
      {chart !== undefined && <dd className="figure">{chart}</dd>}
    </div>
  );
}

export function Stats({ children, label }: { children: ReactNode; label: string }) {
  return (
    <dl className="tiles" aria-label={label}>
      {children}
    </dl>
  );
}
