import { useQuery } from "@tanstack/react-query";
import { api } from "../lib/origin";
import { request } from "./request";

export interface Role {
  name: string;
  pid: number; // 0 while it does not run
  state: "waiting" | "starting" | "ready" | "backing-off" | "stopping" | "stopped";
  ports: number[];
  start_ms: number | null; // from the start of the process to its first "ready"
  restarts: number;
  pss_kb: number;
  last_exit?: string; // "signal 9 (Killed)"; "" = it has not ended yet
}

export interface PlatformStatus {
  roles: Role[];
  ready: boolean;
  data?: string;
  admin_password_file?: string;
}

export function usePlatformStatus() {
  return useQuery({
    queryKey: ["platform", "status"],
    queryFn: ({ signal }) => request<PlatformStatus>(`${api.platform}/status`, { signal }),
    refetchInterval: 5_000,
  });
}
