import { type FormEvent, useEffect, useState } from "react";
import { type LogFilter, type LogLine, useLogs } from "../api/logs";
import { PeriodSelect, Segments, TextField } from "../components/controls";
import { Link } from "../components/link";
import { Content, PageHead, Panel } from "../components/panel";
import { clock, count, dateTime, day } from "../lib/format";
import { parsePeriod } from "../lib/period";
import { useQuery, useSetQuery } from "../lib/router";

const LEVELS = ["", "error", "warn", "info", "debug"] as const;
type Level = (typeof LEVELS)[number];
const PAGE = 200;
const MOST = 2_000;

export function LogsPage() {
  const query = useQuery();
  const setQuery = useSetQuery();
  const [size, setSize] = useState(PAGE);
  const [live, setLive] = useState(false);
  const level = LEVELS.find((one) => one === query.get("level")) ?? "";
  const filter: LogFilter = {
    text: query.get("q") ?? "",
    level,
    service: query.get("service") ?? "",
    period: parsePeriod(query.get("period"), "1h"),
    size,
  };
  const logs = useLogs(filter, live);
  const change = (changes: Record<string, string>) => {
    setSize(PAGE);
    setQuery(changes);
  };

  return (
    <>
      <PageHead title="Logs" />
      <SearchBox text={filter.text} onSearch={(text) => (text === filter.text ? void logs.refetch() : change({ q: text }))} />
      <div className="toolbar">
        <Segments<Level>
          legend="Level"
          value={level}
          onChange={(next) => change({ level: next })}
          options={LEVELS.map((one) => ({ value: one, label: one === "" ? "All" : one }))}
        />
        <PeriodSelect value={filter.period} onChange={(next) => change({ period: next })} />
        <TextField
          label="Service"
          type="search"
          placeholder="all"
          value={filter.service}
          spellCheck={false}
          onChange={(event) => change({ service: event.target.value.trim() })}
        />
        <label className="check">
          <input type="checkbox" checked={live} onChange={(event) => setLive(event.target.checked)} />
          Live
        </label>
      </div>
      <Panel
        title="Lines, newest first"
        aside={logs.data === undefined ? undefined : `${logs.data.atLeast ? "at least " : ""}${count(logs.data.total)} found in ${logs.data.tookMs} ms`}
      >
        <Content
          query={logs}
          what="Log lines"
          empty={{
            when: (data) => data.lines.length === 0,
            show: "No line fits. A longer period, another level or fewer words find more.",
          }}
        >
          {(data) => (
            <>
              <ol className={data.lines.every(isToday) ? "lines" : "lines dated"} aria-label="Log lines">
                {data.lines.map((line) => (
                  <Line key={line.id} line={line} onFilter={change} />
                ))}
              </ol>
              {data.lines.length < data.total && size < MOST && (
                <p className="empty">
                  <button type="button" className="button" onClick={() => setSize(Math.min(MOST, size + PAGE))}>
                    Show {PAGE} more
                  </button>
                </p>
              )}
            </>
          )}
        </Content>
      </Panel>
    </>
  );
}

function isToday(line: LogLine): boolean {
  return day(line.at) === day(new Date());
}

function SearchBox({ text, onSearch }: { text: string; onSearch: (text: string) => void }) {
  const [draft, setDraft] = useState(text);
  useEffect(() => setDraft(text), [text]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSearch(draft.trim());
  };
  return (
    <form className="toolbar" role="search" onSubmit={submit}>
      <TextField
        label={'Words, "a phrase", field:value, a request id or a trace id'}
        grow
        type="search"
        value={draft}
        spellCheck={false}
        autoComplete="off"
        placeholder="dispatched  user_id:user-1"
        onChange={(event) => setDraft(event.target.value)}
      />
      <button type="submit" className="button primary">
        Search
      </button>
    </form>
  );
}

function Line({ line, onFilter }: { line: LogLine; onFilter: (changes: Record<string, string>) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <li className="line">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <time dateTime={Number.isNaN(line.at.getTime()) ? undefined : line.at.toISOString()} className="mono small">
          {isToday(line) ? clock(line.at) : dateTime(line.at)}
        </time>
        <span>
          <span className={`badge ${line.level}`}>{line.level === "" ? "none" : line.level}</span>
        </span>
        <span className="service small">{line.service}</span>
        <span className="text">
          {line.message} {line.about !== "" && <span className="muted">{line.about}</span>}
        </span>
      </button>
      {open && (
        <div className="line-more fade-in">
          <div className="actions">
            {line.traceId !== "" && (
              <>
                <Link className="button" href={`/traces/${encodeURIComponent(line.traceId)}`}>
                  Open its trace
                </Link>
                <button type="button" className="button" onClick={() => onFilter({ q: `trace_id:${line.traceId}`, level: "", service: "" })}>
                  All lines of this trace
                </button>
              </>
            )}
            {line.service !== "" && (
              <button type="button" className="button" onClick={() => onFilter({ service: line.service })}>
                Only {line.service}
              </button>
            )}
          </div>
          <dl className="pairs">
            {Object.entries(line.fields).map(([name, value]) => (
              <div key={name} style={{ display: "contents" }}>
                <dt>{name}</dt>
                <dd>{typeof value === "string" ? value : JSON.stringify(value, null, 1)}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
    </li>
  );
}
