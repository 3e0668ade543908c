// Traces by Jaeger's query interface; times there are microseconds.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { JaegerTrace } from "../lib/trace";
import { api } from "../lib/origin";
import { type PeriodKey, startOf } from "../lib/period";
import { request } from "./request";

interface Envelope<T> {
  data: T | null;
  errors?: { code: number; msg: string }[] | null;
}

export function useTraceServices() {
  return useQuery({
    queryKey: ["traces", "services"],
    queryFn: async ({ signal }) => {
      const answer = await request<Envelope<string[]>>(`${api.traces}/services`, { signal });
      return [...(answer.data ?? [])].sort();
    },
    staleTime: 30_000,
  });
}

export interface TraceFilter {
  service: string;
  period: PeriodKey;
  minDuration: string; // Go's syntax: "20ms"
  failedOnly: boolean;
  limit: number;
}

export function traceQuery(filter: TraceFilter, now: Date): string {
  const start = startOf(filter.period, now) ?? new Date(0);
  const query = new URLSearchParams({
    service: filter.service,
    start: String(start.getTime() * 1000),
    end: String(now.getTime() * 1000),
    limit: String(filter.limit),
  });
  if (filter.minDuration !== "") query.set("minDuration", filter.minDuration);
  if (filter.failedOnly) query.set("tags", JSON.stringify({ error: "true" }));
  return query.toString();
}

export function useTraces(filter: TraceFilter) {
  return useQuery({
    queryKey: ["traces", "search", filter],
    queryFn: async ({ signal }) => {
      const answer = await request<Envelope<JaegerTrace[]>>(`${api.traces}/traces?${traceQuery(filter, new Date())}`, {
        signal,
      });
      return answer.data ?? [];
    },
    enabled: filter.service !== "",
    placeholderData: keepPreviousData,
  });
}

export function useTrace(traceId: string) {
  return useQuery({
    queryKey: ["traces", "one", traceId],
    queryFn: async ({ signal }) => {
      const answer = await request<Envelope<JaegerTrace[]>>(`${api.traces}/traces/${encodeURIComponent(traceId)}`, {
        signal,
      });
      return answer.data?.[0] ?? null;
    },
  });
}
