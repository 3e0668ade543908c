// The one place that calls fetch: JSON in and out, problem documents as errors, a token where one is needed.
import { api } from "../lib/origin";
import { currentSession, setSession } from "../lib/session";

// RFC 9457, with the fields that the platform's services add.
export interface Problem {
  title?: string;
  detail?: string;
  status?: number;
  request_id?: string;
  errors?: { pointer: string; detail: string }[];
}

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer at all
    message: string,
    readonly problem: Problem | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

export interface RequestOptions {
  method?: "GET" | "POST";
  body?: unknown;
  signal?: AbortSignal;
}

async function exchange(url: string, options: RequestOptions, token: string | null): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  try {
    return await fetch(url, {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      signal: options.signal ?? null,
      credentials: "omit",
    });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "The console does not answer. Is the platform running?");
  }
}

async function decode<T>(response: Response): Promise<T> {
  const text = await response.text();
  let value: unknown = null;
  try {
    value = text === "" ? null : JSON.parse(text);
  } catch {
    if (response.ok) throw new ApiError(response.status, "The answer is no JSON.");
  }
  if (response.ok) return value as T;
  throw new ApiError(response.status, messageOf(value, response), value as Problem | null);
}

// Problem documents, Kong's {"message"}, Prometheus' {"error"} and Jaeger's {"errors":[{"msg"}]}.
export function messageOf(value: unknown, response: { status: number; statusText: string }): string {
  const fallback = `${response.status} ${response.statusText}`.trim();
  if (typeof value !== "object" || value === null) return fallback;
  const fields = value as Record<string, unknown>;
  for (const name of ["detail", "message", "error", "title"]) {
    if (typeof fields[name] === "string") return fields[name];
  }
  if (Array.isArray(fields.errors)) {
    const first = fields.errors[0] as { msg?: unknown } | undefined;
    if (typeof first?.msg === "string") return first.msg;
  }
  return fallback;
}

// What anyone on this machine may see.
export async function request<T>(url: string, options: RequestOptions = {}): Promise<T> {
  return decode<T>(await exchange(url, options, null));
}

interface TokenAnswer {
  access_token: string;
  refresh_token?: string;
}

let refreshing: Promise<boolean> | null = null;

// One refresh at a time: reuse of a refresh token would end the whole family of sessions.
function refreshSession(): Promise<boolean> {
  refreshing ??= renew().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function renew(): Promise<boolean> {
  const session = currentSession();
  if (session === null) return false;
  try {
    const answer = await request<TokenAnswer>(`${api.gateway}/auth/refresh`, {
      method: "POST",
      body: { refresh_token: session.refreshToken },
    });
    setSession({
      ...session,
      accessToken: answer.access_token,
      refreshToken: answer.refresh_token ?? session.refreshToken,
    });
    return true;
  } catch (cause) {
    if (cause instanceof ApiError && (cause.status === 400 || cause.status === 401)) setSession(null);
    return false;
  }
}

// What needs a signed-in user. A token that has run out is renewed once; if that fails, the session is over.
export async function requestAsUser<T>(url: string, options: RequestOptions = {}): Promise<T> {
  const session = currentSession();
  if (session === null) throw new ApiError(401, "Sign in to see this.");
  const first = await exchange(url, options, session.accessToken);
  if (first.status !== 401 || !(await refreshSession())) return decode<T>(first);
  return decode<T>(await exchange(url, options, currentSession()?.accessToken ?? null));
}
