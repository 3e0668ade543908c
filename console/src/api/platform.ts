import { useQuery } from "@tanstack/react-query";
import { api } from "../lib/origin";
import { request } from "./request";

export interface Role {
  name: string;
  pid: number | null;
  state: string; // "ready", "starting", "stopped", "failed", …
  ports: number[];
  start_ms: number; // from start to healthy
  restarts: number;
  pss_kb: number;
  started_at?: string; // RFC 3339
}

export interface PlatformStatus {
  roles: Role[];
  ready: boolean;
  data?: string;
  admin_password_file?: string;
  port_offset?: number;
  started_at?: string;
  version?: string;
}

export function usePlatformStatus() {
  return useQuery({
    queryKey: ["platform", "status"],
    queryFn: ({ signal }) => request<PlatformStatus>(`${api.platform}/status`, { signal }),
    refetchInterval: 5_000,
  });
}
