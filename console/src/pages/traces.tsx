import { type FormEvent, useState } from "react";
import { type TraceFilter, useTraceServices, useTraces } from "../api/traces";
import { PeriodSelect, Select, TextField } from "../components/controls";
import { Link } from "../components/link";
import { Content, Empty, PageHead, Panel } from "../components/panel";
import { serviceColor } from "../lib/color";
import { count, dateTime, duration } from "../lib/format";
import { traceIdOf } from "../lib/ids";
import { parsePeriod } from "../lib/period";
import { navigate, useQuery, useSetQuery } from "../lib/router";
import { type JaegerTrace, viewOf } from "../lib/trace";

const DURATIONS = ["", "1ms", "5ms", "20ms", "100ms", "500ms", "2s"];

export function TracesPage() {
  const query = useQuery();
  const setQuery = useSetQuery();
  const services = useTraceServices();
  const names = services.data ?? [];
  const asked = query.get("service");
  const service = asked ?? (names.includes("gateway") ? "gateway" : (names[0] ?? ""));
  const filter: TraceFilter = {
    service,
    period: parsePeriod(query.get("period"), "1h"),
    minDuration: query.get("min") ?? "",
    failedOnly: query.get("failed") === "yes",
    limit: 50,
  };
  const traces = useTraces(filter);

  return (
    <>
      <PageHead title="Traces" />
      <OpenById />
      <div className="toolbar">
        <Select label="Service" value={service} onChange={(next) => setQuery({ service: next })}>
          {asked !== null && !names.includes(asked) && <option value={asked}>{asked}</option>}
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
        <PeriodSelect value={filter.period} onChange={(next) => setQuery({ period: next })} />
        <Select label="At least" value={filter.minDuration} onChange={(next) => setQuery({ min: next })}>
          {DURATIONS.map((text) => (
            <option key={text} value={text}>
              {text === "" ? "any length" : text}
            </option>
          ))}
        </Select>
        <label className="check">
          <input type="checkbox" checked={filter.failedOnly} onChange={(event) => setQuery({ failed: event.target.checked ? "yes" : "" })} />
          Failed only
        </label>
        <button type="button" className="button" onClick={() => void traces.refetch()} disabled={service === ""}>
          Search again
        </button>
      </div>
      <Panel title="Traces, newest first" aside={traces.data === undefined ? undefined : `${count(traces.data.length)} shown`}>
        {services.data !== undefined && service === "" ? (
          <Empty>No service has sent a span yet.</Empty>
        ) : (
          <Content
            query={{ ...traces, error: services.error ?? traces.error }}
            what="Traces"
            empty={{ when: (data) => data.length === 0, show: "No trace fits. A longer period or a shorter least length finds more." }}
          >
            {(data) => <Found traces={data} />}
          </Content>
        )}
      </Panel>
    </>
  );
}

function OpenById() {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const open = (event: FormEvent) => {
    event.preventDefault();
    const id = traceIdOf(text);
    if (id === null) setWrong(true);
    else navigate(`/traces/${id}`);
  };
  return (
    <form className="toolbar" role="search" onSubmit={open}>
      <TextField
        label="Request id or trace id"
        grow
        type="search"
        value={text}
        required
        spellCheck={false}
        autoComplete="off"
        placeholder="01936b2e-7d1c-7c4a-9f0e-3b2a1c0d9e8f"
        aria-invalid={wrong}
        aria-describedby={wrong ? "id-wrong" : undefined}
        onChange={(event) => {
          setText(event.target.value);
          setWrong(false);
        }}
      />
      <button type="submit" className="button primary">
        Open
      </button>
      {wrong && (
        <div id="id-wrong" className="note-box bad" role="alert" style={{ flexBasis: "100%" }}>
          That is neither a request id (a UUID, as in X-Request-ID) nor a trace id (32 hexadecimal digits).
        </div>
      )}
    </form>
  );
}

function Found({ traces }: { traces: JaegerTrace[] }) {
  const views = traces.map((trace) => ({ id: trace.traceID, view: viewOf(trace) })).toSorted((a, b) => b.view.start.getTime() - a.view.start.getTime());
  const longest = Math.max(1, ...views.map(({ view }) => view.lengthUs));
  return (
    <ul className="found">
      {views.map(({ id, view }) => {
        const root = view.rows[0];
        return (
          <li key={id}>
            <Link href={`/traces/${encodeURIComponent(id)}`}>
              <span className="name">
                {root?.service}: {root?.span.operationName}{" "}
                {view.failures > 0 && <span className="badge error">{view.failures} failed</span>}
              </span>
              <span className="took">{duration(view.lengthUs / 1e6)}</span>
              <span className="legend">
                {view.services.map((service) => (
                  <span key={service.name}>
                    <i className="swatch" style={{ background: serviceColor(service.name) }} /> {service.name} {service.spans}
                  </span>
                ))}
              </span>
              <time className="small muted" dateTime={view.start.toISOString()}>
                {dateTime(view.start)}
              </time>
              <span className="length" aria-hidden="true">
                <i style={{ width: `${(view.lengthUs / longest) * 100}%` }} />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
