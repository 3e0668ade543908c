import { useTrace } from "../api/traces";
import { CopyButton } from "../components/controls";
import { Link } from "../components/link";
import { Content, PageHead, Panel } from "../components/panel";
import { Waterfall } from "../components/waterfall";
import { serviceColor } from "../lib/color";
import { count, dateTime, duration } from "../lib/format";
import { requestIdOf, traceIdOf } from "../lib/ids";
import { consoleHref } from "../lib/origin";
import { type JaegerTrace, type TraceView, viewOf } from "../lib/trace";

export function TracePage({ parameters }: { parameters: Record<string, string> }) {
  const given = parameters.id ?? "";
  const id = traceIdOf(given) ?? given;
  const trace = useTrace(id);
  const requestId = requestIdOf(id);

  return (
    <>
      <PageHead title="Trace">
        <div className="actions">
          <Link className="button" href={consoleHref(`/logs?q=${encodeURIComponent(`trace_id:${id}`)}&period=all`)}>
            Its log lines
          </Link>
          <Link className="button" href="/traces">
            Other traces
          </Link>
        </div>
      </PageHead>
      <dl className="pairs">
        <dt>Trace</dt>
        <dd>
          {id} <CopyButton text={id} what="the trace id" />
        </dd>
        {requestId !== null && (
          <>
            <dt>Request (X-Request-ID)</dt>
            <dd>
              {requestId} <CopyButton text={requestId} what="the request id" />
            </dd>
          </>
        )}
      </dl>
      <Content
        query={trace}
        what="This trace"
        empty={{ when: (data) => data === null, show: "No span of this trace is stored: it is too old, or it has not been sent yet." }}
      >
        {(data) => data !== null && <Spans trace={data} />}
      </Content>
    </>
  );
}

function Spans({ trace }: { trace: JaegerTrace }) {
  const view = viewOf(trace);
  return (
    <Panel
      title={`${dateTime(view.start)}, ${duration(view.lengthUs / 1e6)}`}
      aside={`${count(view.rows.length)} ${view.rows.length === 1 ? "span" : "spans"}${view.failures > 0 ? `, ${view.failures} failed` : ""}`}
    >
      <div className="panel-body">
        <Services view={view} />
      </div>
      <Waterfall view={view} />
    </Panel>
  );
}

function Services({ view }: { view: TraceView }) {
  return (
    <ul className="legend" aria-label="Services and their own time">
      {view.services.map((service) => (
        <li key={service.name}>
          <i className="swatch" style={{ background: serviceColor(service.name) }} />
          {service.name}
          <span>{duration(service.selfUs / 1e6)} own time</span>
        </li>
      ))}
    </ul>
  );
}
