// Numbers, durations and instants as a reader wants them. English, like the rest of the console.
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const DECIMAL = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });

export const NONE = "–"; // what stands where there is no value: never 0

export function count(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  return (Number.isInteger(value) ? WHOLE : DECIMAL).format(value);
}

export function rate(perSecond: number | null | undefined): string {
  if (perSecond == null || !Number.isFinite(perSecond)) return NONE;
  if (perSecond === 0) return "0";
  if (perSecond < 0.01) return "< 0.01";
  return perSecond.toFixed(perSecond < 1 ? 2 : perSecond < 100 ? 1 : 0);
}

export function percent(share: number | null | undefined): string {
  if (share == null || !Number.isFinite(share)) return NONE;
  const value = share * 100;
  return `${value === 0 ? "0" : value < 0.01 ? "< 0.01" : value.toFixed(value < 10 ? 2 : 1)} %`;
}

export function bytes(value: number | null | undefined): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let index = 0;
  let scaled = value;
  while (scaled >= 1024 && index < units.length - 1) {
    scaled /= 1024;
    index += 1;
  }
  return `${scaled.toFixed(index === 0 || scaled >= 100 ? 0 : 1)} ${units[index]}`;
}

// A length of time given in seconds: "412 µs", "3.2 ms", "1.25 s", "4 m 10 s", "3 h 12 m", "2 d 4 h".
export function duration(seconds: number | null | undefined): string {
  if (seconds == null || !Number.isFinite(seconds)) return NONE;
  if (seconds < 0) return NONE;
  if (seconds === 0) return "0 s";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${trim(seconds * 1000)} ms`;
  if (seconds < 60) return `${trim(seconds)} s`;
  const whole = Math.floor(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} m`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

export function hours(minutes: number | null | undefined): string {
  if (minutes == null || !Number.isFinite(minutes)) return NONE;
  return `${WHOLE.format(minutes / 60)} h`;
}

function trim(value: number): string {
  return value < 10 ? String(Number(value.toFixed(2))) : value < 100 ? String(Number(value.toFixed(1))) : value.toFixed(0);
}

export function clock(at: Date): string {
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, "0")}`;
}

export function day(at: Date): string {
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function dateTime(at: Date): string {
  return Number.isNaN(at.getTime()) ? NONE : `${day(at)} ${clock(at)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
