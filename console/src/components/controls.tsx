import { type ReactNode, useId, useState } from "react";
import { PERIODS, type PeriodKey } from "../lib/period";

export interface Option<Value extends string> {
  value: Value;
  label: ReactNode;
  title?: string;
}

// One of a few, as radio buttons, so that arrow keys and screen readers know what to do.
export function Segments<Value extends string>({
  legend,
  options,
  value,
  onChange,
  hideLegend = false,
}: {
  legend: string;
  options: Option<Value>[];
  value: Value;
  onChange: (next: Value) => void;
  hideLegend?: boolean;
}) {
  const name = useId();
  return (
    <div className="field" role="radiogroup" aria-label={legend}>
      {!hideLegend && (
        <span className="legend" aria-hidden="true">
          {legend}
        </span>
      )}
      <div className="segments">
        {options.map((option) => (
          <label key={option.value} title={option.title}>
            <input
              className="visually-hidden"
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              aria-label={option.title}
            />
            {option.label}
          </label>
        ))}
      </div>
    </div>
  );
}

export function Select({
  label,
  value,
  onChange,
  children,
}: {
  label: string;
  value: string;
  onChange: (next: string) => void;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

export function PeriodSelect({ value, onChange }: { value: PeriodKey; onChange: (next: string) => void }) {
  return (
    <Select label="Period" value={value} onChange={onChange}>
      {PERIODS.map((period) => (
        <option key={period.key} value={period.key}>
          {period.label}
        </option>
      ))}
      <option value="all">All of it</option>
    </Select>
  );
}

export function TextField({
  label,
  grow = false,
  ...input
}: { label: string; grow?: boolean } & React.InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className={grow ? "field grow" : "field"}>
      <label htmlFor={id}>{label}</label>
      <input id={id} {...input} />
    </div>
  );
}

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState<"no" | "yes" | "failed">("no");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("yes");
    } catch {
      setCopied("failed"); // no permission, or no secure origin
    }
    setTimeout(() => setCopied("no"), 1500);
  };
  return (
    <button type="button" className="button plain" onClick={() => void copy()} aria-label={`Copy ${what}`}>
      {copied === "no" ? "Copy" : copied === "yes" ? "Copied" : "Cannot copy"}
    </button>
  );
}
