import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api } from "../lib/origin";
import { currentSession, setSession } from "../lib/session";
import { request } from "./request";

interface LoginAnswer {
  access_token: string;
  refresh_token: string;
  expires_in: number;
}

export function useSignIn() {
  return useMutation({
    mutationFn: async (credentials: { username: string; password: string }) => {
      const answer = await request<LoginAnswer>(`${api.gateway}/auth/login`, { method: "POST", body: credentials });
      return { user: credentials.username, accessToken: answer.access_token, refreshToken: answer.refresh_token };
    },
    onSuccess: setSession,
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const session = currentSession();
      setSession(null);
      client.removeQueries({ queryKey: ["production"] });
      if (session !== null) {
        await request(`${api.gateway}/auth/logout`, { method: "POST", body: { refresh_token: session.refreshToken } });
      }
    },
  });
}
