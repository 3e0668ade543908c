// Rates and latencies from Prometheus.
import { useQuery } from "@tanstack/react-query";
import { api } from "../lib/origin";
import { request } from "./request";

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

export interface Series {
  labels: Record<string, string>;
  points: { at: number; value: number | null }[]; // at: seconds since 1970
}

interface Answer<Result> {
  status: string;
  error?: string;
  data: { resultType: string; result: Result };
}

type VectorResult = { metric: Record<string, string>; value: [number, string] }[];
type MatrixResult = { metric: Record<string, string>; values: [number, string][] }[];

export function parseVector(result: VectorResult): Sample[] {
  return result.map((entry) => ({ labels: entry.metric, value: Number(entry.value[1]) }));
}

// Puts every series on the same instants; a gap is null, so that a line breaks instead of lying.
export function parseMatrix(result: MatrixResult, start: number, end: number, step: number): Series[] {
  return result.map((entry) => {
    const byTime = new Map(entry.values.map(([at, value]) => [Math.round(at), Number(value)]));
    const points: Series["points"] = [];
    for (let at = start; at <= end; at += step) {
      const value = byTime.get(at);
      points.push({ at, value: value === undefined || Number.isNaN(value) ? null : value });
    }
    return { labels: entry.metric, points };
  });
}

const STEP_S = 15; // the scrape interval

export function useInstant(query: string) {
  return useQuery({
    queryKey: ["prometheus", "instant", query],
    queryFn: async ({ signal }) => {
      const answer = await request<Answer<VectorResult>>(`${api.prometheus}/query?${new URLSearchParams({ query })}`, {
        signal,
      });
      return parseVector(answer.data.result);
    },
    refetchInterval: 15_000,
  });
}

export function useRange(query: string, minutes: number) {
  return useQuery({
    queryKey: ["prometheus", "range", query, minutes],
    queryFn: async ({ signal }) => {
      const end = Math.floor(Date.now() / 1000 / STEP_S) * STEP_S;
      const start = end - minutes * 60;
      const parameters = { query, start: String(start), end: String(end), step: String(STEP_S) };
      const answer = await request<Answer<MatrixResult>>(
        `${api.prometheus}/query_range?${new URLSearchParams(parameters)}`,
        { signal },
      );
      return parseMatrix(answer.data.result, start, end, STEP_S);
    },
    refetchInterval: 15_000,
  });
}

// What the overview asks, in one table, so that the names of metrics stand in one place. Requests and failures are
// counted at the gateway, through which every client comes; latency at the services, whose buckets start below 1 ms.
export const queries = {
  requestRateByService:
    'sum by (service) (rate(http_requests_total{service!="console"}[1m])) or sum by (service) (rate(kong_http_requests_total[1m]))',
  requestRate: "sum(rate(kong_http_requests_total[1m]))",
  // Without a request there is no share, and with none that failed it is 0.
  errorShare:
    '(sum(rate(kong_http_requests_total{code=~"5.."}[5m])) or sum(rate(kong_http_requests_total[5m])) * 0) / sum(rate(kong_http_requests_total[5m]))',
  latencyP95:
    'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{service!="console"}[5m])))',
  eventRate: "sum(rate(mes_outbox_sent_total[1m]))",
};
