import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api } from "../lib/origin";
import { useSession } from "../lib/session";
import { requestAsUser } from "./request";

export const GROUPS = ["part", "resource", "worker", "work_order", "report_type"] as const;
export type Group = (typeof GROUPS)[number];

export interface ProductionFigures {
  reports: number;
  completed: number;
  rejected: number;
  mrb: number;
  reported_minutes: number | null;
  busy_minutes: number | null;
}

// Rejected among all pieces told of: completed, rejected and those set aside for review.
export function rejectRate(figures: Pick<ProductionFigures, "completed" | "rejected" | "mrb">): number | null {
  const told = figures.completed + figures.rejected + figures.mrb;
  return told === 0 ? null : figures.rejected / told;
}

export interface ProductionRow extends ProductionFigures {
  key: string;
}

export interface Production {
  data: ProductionRow[];
  totals: ProductionFigures & { work_orders?: number; ordered?: number; packed?: number };
}

export interface ProductionFilter {
  groupBy: Group | "none";
  from: string; // "YYYY-MM-DD" or "": from the beginning
  to: string; // the last day, inclusive, or ""
}

// The API's `to` is exclusive; a reader's last day is not.
export function productionQuery(filter: ProductionFilter): string {
  const query = new URLSearchParams({ group_by: filter.groupBy });
  if (filter.from !== "") query.set("from", `${filter.from}T00:00:00Z`);
  if (filter.to !== "") {
    const next = new Date(`${filter.to}T00:00:00Z`);
    next.setUTCDate(next.getUTCDate() + 1);
    query.set("to", next.toISOString().replace(".000Z", "Z"));
  }
  return query.toString();
}

export function useProduction(filter: ProductionFilter) {
  const session = useSession();
  return useQuery({
    queryKey: ["production", filter.groupBy, filter.from, filter.to],
    queryFn: ({ signal }) =>
      requestAsUser<Production>(`${api.gateway}/dashboard/production?${productionQuery(filter)}`, { signal }),
    enabled: session !== null,
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  });
}
