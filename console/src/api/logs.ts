// Log lines by Elasticsearch's search interface.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { traceIdOf } from "../lib/ids";
import { api } from "../lib/origin";
import { type PeriodKey, startOf } from "../lib/period";
import { request } from "./request";

export interface LogLine {
  id: string;
  index: string;
  at: Date;
  level: string;
  service: string;
  message: string;
  about: string; // "POST /api/v1/auth/login 200" of a line that tells of a request and does not say so
  traceId: string;
  fields: Record<string, unknown>;
}

export interface LogFilter {
  text: string;
  level: string; // "" = all
  service: string; // "" = all
  period: PeriodKey;
  size: number;
}

interface SearchAnswer {
  took: number;
  hits: {
    total: { value: number; relation: string } | number;
    hits: { _id: string; _index: string; _source: Record<string, unknown> }[];
  };
}

type Clause = Record<string, unknown>;

const TIME = "@timestamp";

// Words search the message; `name:value` asks for a field; a UUID or trace id finds its trace.
export function clausesOf(text: string): Clause[] {
  const clauses: Clause[] = [];
  const words: string[] = [];
  for (const token of text.match(/"[^"]*"|\S+/g) ?? []) {
    const field = /^([A-Za-z_@][\w.@-]*):(.+)$/.exec(token);
    const traceId = traceIdOf(token);
    if (traceId !== null) clauses.push({ term: { trace_id: traceId } });
    else if (field?.[1] !== undefined && field[2] !== undefined) clauses.push(fieldClause(field[1], field[2]));
    else if (token.startsWith('"') && token.length > 2) {
      clauses.push({ match_phrase: { message: token.replaceAll('"', "") } });
    } else words.push(token);
  }
  if (words.length > 0) clauses.push({ match: { message: { query: words.join(" "), operator: "and" } } });
  return clauses;
}

function fieldClause(name: string, value: string): Clause {
  if (name === "trace_id") return { term: { trace_id: traceIdOf(value) ?? value } };
  return { term: { [name]: value.replaceAll('"', "") } };
}

export function searchBody(filter: LogFilter, now: Date): unknown {
  const clauses = clausesOf(filter.text);
  if (filter.level !== "") clauses.push({ term: { level: filter.level } });
  if (filter.service !== "") clauses.push({ term: { service: filter.service } });
  const from = startOf(filter.period, now);
  if (from !== null) clauses.push({ range: { [TIME]: { gte: from.toISOString() } } });
  return {
    query: clauses.length === 0 ? { match_all: {} } : { bool: { filter: clauses } },
    sort: [{ [TIME]: { order: "desc" } }],
    size: filter.size,
  };
}

function textOf(value: unknown): string {
  if (value == null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function aboutOf(source: Record<string, unknown>): string {
  const path = textOf(source.path ?? source.route);
  if (path === "" || textOf(source.message).includes(path)) return "";
  return [textOf(source.method), path, textOf(source.status)].filter((part) => part !== "").join(" ");
}

export function lineOf(hit: SearchAnswer["hits"]["hits"][number]): LogLine {
  const source = hit._source;
  return {
    id: `${hit._index}/${hit._id}`,
    index: hit._index,
    at: new Date(textOf(source[TIME] ?? source.timestamp)),
    level: textOf(source.level).toLowerCase(),
    service: textOf(source.service),
    message: textOf(source.message),
    about: aboutOf(source),
    traceId: textOf(source.trace_id),
    fields: source,
  };
}

export function useLogs(filter: LogFilter, live: boolean) {
  return useQuery({
    queryKey: ["logs", filter],
    queryFn: async ({ signal }) => {
      const answer = await request<SearchAnswer>(`${api.logs}/mes-logs-*/_search`, {
        method: "POST",
        body: searchBody(filter, new Date()),
        signal,
      });
      const { total } = answer.hits;
      return {
        lines: answer.hits.hits.map(lineOf),
        total: typeof total === "number" ? total : total.value,
        atLeast: typeof total !== "number" && total.relation === "gte",
        tookMs: answer.took,
      };
    },
    refetchInterval: live ? 3_000 : false,
    placeholderData: keepPreviousData,
  });
}
