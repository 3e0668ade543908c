// Topics, groups and records by the bus' admin interface.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { api } from "../lib/origin";
import { request } from "./request";

export interface Partition {
  partition: number;
  low: number;
  high: number;
}

export interface Topic {
  name: string;
  partitions: Partition[];
  size_bytes: number;
}

export interface GroupOffset {
  topic: string;
  partition: number;
  committed: number;
  high: number;
  lag: number;
}

export interface Member {
  id: string;
  client_id: string;
  host: string;
  assignment: { topic: string; partition: number }[];
}

export interface Group {
  name: string;
  state: string; // Kafka's words: "Stable", "Empty", "PreparingRebalance", …
  protocol: string;
  members: Member[];
  lag: GroupOffset[]; // a row for each partition that has a committed offset
}

export interface BusRecord {
  offset: number;
  timestamp: string; // RFC 3339
  key: string | null;
  value: string | null; // the first 64 KiB
  value_bytes: number;
  headers: { name: string; value: string | null }[];
}

export interface RecordsPage {
  low: number;
  high: number;
  records: BusRecord[];
}

export interface TopicsSnapshot {
  topics: Topic[];
  rates: Map<string, number>; // records a second since the look before; empty at the first
  total: number | null; // all topics together
}

export const recordsIn = (topic: Topic) => topic.partitions.reduce((sum, part) => sum + (part.high - part.low), 0);
export const endOf = (topic: Topic) => topic.partitions.reduce((sum, part) => sum + part.high, 0);
export const topicsOf = (group: Group) =>
  new Set([...group.lag, ...group.members.flatMap((member) => member.assignment)].map((row) => row.topic));
export const lagOf = (group: Group) => group.lag.reduce((sum, row) => sum + row.lag, 0);

interface Look {
  atMs: number;
  ends: Map<string, number>;
}

// Rates come from two looks at the high watermarks: true whatever the metrics say, and there without Prometheus.
export function ratesBetween(before: Look, now: Look): Map<string, number> {
  const seconds = (now.atMs - before.atMs) / 1000;
  const rates = new Map<string, number>();
  if (seconds <= 0) return rates;
  for (const [name, end] of now.ends) {
    const earlier = before.ends.get(name);
    if (earlier !== undefined && end >= earlier) rates.set(name, (end - earlier) / seconds);
  }
  return rates;
}

export function useTopics() {
  const last = useRef<Look | null>(null);
  return useQuery({
    queryKey: ["bus", "topics"],
    queryFn: async ({ signal }): Promise<TopicsSnapshot> => {
      const topics = await request<Topic[]>(`${api.bus}/topics`, { signal });
      const look = { atMs: Date.now(), ends: new Map(topics.map((topic) => [topic.name, endOf(topic)])) };
      const rates = last.current === null ? new Map<string, number>() : ratesBetween(last.current, look);
      last.current = look;
      const total = rates.size === 0 ? null : [...rates.values()].reduce((sum, value) => sum + value, 0);
      return { topics: topics.toSorted((a, b) => a.name.localeCompare(b.name)), rates, total };
    },
    refetchInterval: (query) => (query.state.dataUpdateCount < 2 ? 1_500 : 5_000), // a first rate soon
    structuralSharing: false, // Maps
  });
}

export function useGroups() {
  return useQuery({
    queryKey: ["bus", "groups"],
    queryFn: async ({ signal }) => {
      const groups = await request<Group[]>(`${api.bus}/groups`, { signal });
      return groups.toSorted((a, b) => lagOf(b) - lagOf(a) || a.name.localeCompare(b.name));
    },
    refetchInterval: 5_000,
  });
}

export interface RecordsPosition {
  topic: string;
  partition: number;
  from: number;
  limit: number;
}

export function useRecords(position: RecordsPosition | null) {
  return useQuery({
    queryKey: ["bus", "records", position],
    queryFn: async ({ signal }) => {
      if (position === null) return [];
      const { topic, partition, from, limit } = position;
      const page = await request<RecordsPage>(
        `${api.bus}/topics/${encodeURIComponent(topic)}/records?partition=${partition}&from=${from}&limit=${limit}`,
        { signal },
      );
      return page.records;
    },
    enabled: position !== null,
    placeholderData: keepPreviousData,
  });
}
