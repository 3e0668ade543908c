// Spans of time that end now, by the names that stand in addresses: "15m", "7d", "all".
export const PERIODS = [
  { key: "5m", label: "Last 5 minutes", minutes: 5 },
  { key: "15m", label: "Last 15 minutes", minutes: 15 },
  { key: "1h", label: "Last hour", minutes: 60 },
  { key: "6h", label: "Last 6 hours", minutes: 360 },
  { key: "24h", label: "Last 24 hours", minutes: 1440 },
  { key: "7d", label: "Last 7 days", minutes: 10_080 },
] as const;

export type PeriodKey = (typeof PERIODS)[number]["key"] | "all";

export function parsePeriod(text: string | null, otherwise: PeriodKey): PeriodKey {
  if (text === "all") return "all";
  return PERIODS.find((period) => period.key === text)?.key ?? otherwise;
}

// The start of the period, or null for all of time.
export function startOf(key: PeriodKey, now: Date): Date | null {
  const period = PERIODS.find((entry) => entry.key === key);
  return period === undefined ? null : new Date(now.getTime() - period.minutes * 60_000);
}
