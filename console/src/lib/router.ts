// The address bar as the only state of navigation: a path and its query, nothing hidden.
import { useCallback, useMemo, useSyncExternalStore } from "react";

const CHANGED = "mes:location";

function subscribe(listener: () => void): () => void {
  window.addEventListener("popstate", listener);
  window.addEventListener(CHANGED, listener);
  return () => {
    window.removeEventListener("popstate", listener);
    window.removeEventListener(CHANGED, listener);
  };
}

export function navigate(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") window.history.pushState(null, "", to);
  else window.history.replaceState(null, "", to);
  window.dispatchEvent(new Event(CHANGED));
  if (how === "push") {
    window.scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
}

export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

export function useQuery(): URLSearchParams {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  return useMemo(() => new URLSearchParams(search), [search]);
}

// The current address with some query parameters changed; an empty value takes its parameter out.
export function withQuery(search: string, changes: Record<string, string>): string {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

export function useSetQuery(): (changes: Record<string, string>) => void {
  return useCallback((changes) => {
    const { pathname, search } = window.location;
    navigate(pathname + withQuery(search, changes), "replace");
  }, []);
}

// "/traces/:id" against "/traces/ab%2F1" gives {id: "ab/1"}; null where it does not match.
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  if (wanted.length !== given.length) return null;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const actual = given[index] ?? "";
    if (part.startsWith(":")) values[part.slice(1)] = decode(actual);
    else if (part !== actual) return null;
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % in a hand-typed address
  }
}
