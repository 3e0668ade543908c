import { type ReactNode, useId } from "react";
import { ApiError } from "../api/request";
import { consoleHref } from "../lib/origin";
import { Link } from "./link";

export function Panel({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="muted">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

export function PageHead({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <header className="page-head">
      <h1>{title}</h1>
      {children}
    </header>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

export function Loading() {
  return (
    <p className="empty" role="status">
      Loading…
    </p>
  );
}

// What went wrong, in the words of whoever refused, and what was asked.
export function Failure({ error, what }: { error: unknown; what: string }) {
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof ApiError && error.status !== 0 ? ` (${error.status})` : "";
  const requestId = error instanceof ApiError ? error.problem?.request_id : undefined;
  return (
    <div className="panel-body">
      <div className="note-box bad" role="alert">
        <p>
          {what} cannot be shown{status}: {message}
        </p>
        {requestId !== undefined && requestId !== "" && (
          <p className="small">
            <Link href={consoleHref(`/logs?q=${encodeURIComponent(requestId)}&period=all`)}>Log lines of this request</Link>
          </p>
        )}
      </div>
    </div>
  );
}

// One of: failed with nothing to show, loading, nothing there, or the content.
export function Content<T>({
  query,
  what,
  empty,
  children,
}: {
  query: { data: T | undefined; error: unknown; isLoading: boolean };
  what: string;
  empty?: { when: (data: T) => boolean; show: ReactNode };
  children: (data: T) => ReactNode;
}) {
  if (query.data === undefined) {
    return query.error != null ? <Failure error={query.error} what={what} /> : <Loading />;
  }
  return (
    <>
      {query.error != null && <Failure error={query.error} what={`Newer state of ${what.toLowerCase()}`} />}
      {empty?.when(query.data) === true ? <Empty>{empty.show}</Empty> : children(query.data)}
    </>
  );
}
