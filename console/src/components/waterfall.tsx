import { type CSSProperties, useState } from "react";
import { serviceColor } from "../lib/color";
import { clock, duration } from "../lib/format";
import { consoleHref } from "../lib/origin";
import type { JaegerTag, SpanRow, TraceView } from "../lib/trace";

// The spans of one trace as bars over its length, children below their parent; a click shows a span's attributes.
export function Waterfall({ view }: { view: TraceView }) {
  return (
    <div className="waterfall">
      <div className="ruler" aria-hidden="true">
        <span>Service and operation</span>
        <div className="ticks">
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <span key={share} style={{ left: `${share * 100}%` }}>
              {duration((view.lengthUs * share) / 1e6)}
            </span>
          ))}
        </div>
      </div>
      <ol aria-label="Spans" style={{ padding: 0, margin: 0, listStyle: "none" }}>
        {view.rows.map((row) => (
          <Span key={row.span.spanID} row={row} view={view} />
        ))}
      </ol>
    </div>
  );
}

function Span({ row, view }: { row: SpanRow; view: TraceView }) {
  const [open, setOpen] = useState(false);
  const length = duration(row.span.duration / 1e6);
  const depth = { "--depth": Math.min(row.depth, 12) } as CSSProperties;
  // The length stands where there is room: behind the bar, or before it when the bar ends far right.
  const end = row.offset + row.width;
  const label: CSSProperties = end > 0.88 && row.offset > 0.2 ? { right: `${(1 - row.offset) * 100}%` } : { left: `${Math.min(end, 1) * 100}%` };
  return (
    <li className="span" style={depth}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <span className="span-name" title={`${row.service}: ${row.span.operationName}`}>
          <i className="swatch" style={{ background: serviceColor(row.service) }} />
          <b className="visually-hidden">Level {row.depth + 1}: </b>
          <b>{row.service.replace(/-service$/, "")}</b>
          <span>{row.span.operationName}</span>
          {row.failed && <i className="badge error">failed</i>}
        </span>
        <span className="span-bar">
          <i
            style={{
              left: `${row.offset * 100}%`,
              width: `${row.width * 100}%`,
              background: row.failed ? "var(--bad)" : serviceColor(row.service),
            }}
          />
          <em style={label}>{length}</em>
        </span>
      </button>
      {open && <SpanDetail row={row} view={view} />}
    </li>
  );
}

function SpanDetail({ row, view }: { row: SpanRow; view: TraceView }) {
  const { span } = row;
  const startMs = view.start.getTime();
  return (
    <div className="span-more fade-in">
      <Tags
        tags={[
          { key: "starts", value: `${clock(new Date(span.startTime / 1000))}, ${duration((row.offset * view.lengthUs) / 1e6)} into the trace` },
          { key: "span", value: span.spanID },
          ...(row.orphan ? [{ key: "parent", value: "named, but not stored" }] : []),
          ...(span.tags ?? []),
        ]}
      />
      {(span.logs ?? []).map((event) => (
        <div key={`${event.timestamp}`}>
          <div className="small muted">{duration((event.timestamp / 1000 - startMs) / 1000)} into the trace</div>
          <Tags tags={event.fields} />
        </div>
      ))}
      {(span.warnings ?? []).map((warning) => (
        <div key={warning} className="note-box">
          {warning}
        </div>
      ))}
      <div className="actions">
        <a className="button" href={consoleHref(`/logs?q=${encodeURIComponent(`trace_id:${span.traceID}`)}&service=${encodeURIComponent(row.service)}&period=all`)}>
          Log lines of {row.service}
        </a>
      </div>
    </div>
  );
}

function Tags({ tags }: { tags: JaegerTag[] }) {
  return (
    <dl className="pairs">
      {tags.map((tag, index) => (
        <div key={`${tag.key}-${index}`} style={{ display: "contents" }}>
          <dt>{tag.key}</dt>
          <dd>{String(tag.value)}</dd>
        </div>
      ))}
    </dl>
  );
}
