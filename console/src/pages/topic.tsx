import { useState } from "react";
import { type BusRecord, type Partition, type Topic, useRecords, useTopics } from "../api/bus";
import { Select, TextField } from "../components/controls";
import { DataTable } from "../components/data-table";
import { Link } from "../components/link";
import { Content, Empty, PageHead, Panel } from "../components/panel";
import { bytes, count, dateTime } from "../lib/format";
import { traceIdOfParent } from "../lib/ids";
import { useQuery, useSetQuery } from "../lib/router";

const LIMIT = 50;
const SHOWN_BYTES = 64 * 1024; // the bus shows no more of a value

export function TopicPage({ parameters }: { parameters: Record<string, string> }) {
  const name = parameters.topic ?? "";
  const topics = useTopics();
  const topic = topics.data?.topics.find((one) => one.name === name);
  return (
    <>
      <PageHead title={name}>
        <Link href="/bus">All topics</Link>
      </PageHead>
      <Content query={topics} what="This topic" empty={{ when: () => topic === undefined, show: "There is no such topic." }}>
        {() =>
          topic !== undefined && (
            <>
              <Records topic={topic} />
              <Partitions topic={topic} />
            </>
          )
        }
      </Content>
    </>
  );
}

function Partitions({ topic }: { topic: Topic }) {
  return (
    <Panel title="Partitions" aside={`${bytes(topic.size_bytes)} on disk`}>
      <DataTable
        caption={`Partitions of ${topic.name}`}
        columns={[
          { key: "partition", title: "Partition", value: (part) => part.partition },
          { key: "low", title: "First offset", value: (part) => part.low, show: (part) => count(part.low), numeric: true },
          { key: "high", title: "Next offset", value: (part) => part.high, show: (part) => count(part.high), numeric: true },
          { key: "records", title: "Records", value: (part) => part.high - part.low, show: (part) => count(part.high - part.low), numeric: true },
        ]}
        rows={topic.partitions}
        keyOf={(part) => String(part.partition)}
        initial={{ key: "partition", down: false }}
      />
    </Panel>
  );
}

const fullest = (topic: Topic) => topic.partitions.toSorted((a, b) => b.high - b.low - (a.high - a.low))[0];

// Where reading starts: the asked offset kept inside the partition, else so that the newest records are seen.
export function startOffset(part: Partition, asked: string | null): number {
  const latest = Math.max(part.low, part.high - LIMIT);
  const wanted = asked === null || asked === "" ? latest : Number(asked);
  return Number.isInteger(wanted) ? Math.min(Math.max(wanted, part.low), Math.max(part.low, part.high - 1)) : latest;
}

function Records({ topic }: { topic: Topic }) {
  const query = useQuery();
  const setQuery = useSetQuery();
  const asked = query.get("partition");
  const part = topic.partitions.find((one) => String(one.partition) === asked) ?? fullest(topic);
  const from = part === undefined ? 0 : startOffset(part, query.get("from"));
  const filled = part !== undefined && part.high > part.low;
  const records = useRecords(filled ? { topic: topic.name, partition: part.partition, from, limit: LIMIT } : null);
  if (part === undefined) return null;
  const to = (offset: number) => setQuery({ partition: String(part.partition), from: String(offset) });

  return (
    <Panel title="Records" aside={filled ? `Offsets ${count(part.low)} to ${count(part.high - 1)}` : undefined}>
      <div className="panel-body toolbar">
        <Select label="Partition" value={String(part.partition)} onChange={(next) => setQuery({ partition: next, from: "" })}>
          {topic.partitions.map((one) => (
            <option key={one.partition} value={one.partition}>
              {one.partition} ({count(one.high - one.low)} records)
            </option>
          ))}
        </Select>
        <TextField label="From offset" type="number" min={part.low} max={Math.max(part.low, part.high - 1)} value={from} onChange={(event) => to(event.target.valueAsNumber || part.low)} />
        <button type="button" className="button" disabled={from <= part.low} onClick={() => to(part.low)}>
          First
        </button>
        <button type="button" className="button" disabled={from <= part.low} onClick={() => to(Math.max(part.low, from - LIMIT))}>
          Earlier
        </button>
        <button type="button" className="button" disabled={from + LIMIT >= part.high} onClick={() => to(from + LIMIT)}>
          Later
        </button>
        <button type="button" className="button" disabled={!filled} onClick={() => setQuery({ partition: String(part.partition), from: "" })}>
          Newest
        </button>
      </div>
      {filled ? (
        <Content query={records} what="Records" empty={{ when: (data) => data.length === 0, show: "No record from this offset on." }}>
          {(data) => (
            <ol className="lines dated" aria-label="Records">
              {data.toReversed().map((record) => (
                <Record key={record.offset} record={record} />
              ))}
            </ol>
          )}
        </Content>
      ) : (
        <Empty>This partition is empty.</Empty>
      )}
    </Panel>
  );
}

function pretty(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value; // not every record is JSON
  }
}

function Record({ record }: { record: BusRecord }) {
  const [open, setOpen] = useState(false);
  const header = (name: string) => record.headers.find((one) => one.name === name)?.value ?? "";
  const traceId = traceIdOfParent(header("traceparent"));
  const at = new Date(record.timestamp);
  return (
    <li className="line">
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <time className="mono small" dateTime={at.toISOString()}>
          {dateTime(at)}
        </time>
        <span className="mono small muted">{record.offset}</span>
        <span className="service mono small">{record.key ?? ""}</span>
        {!open && <span className="text mono small">{record.value ?? "(deleted)"}</span>}
      </button>
      {open && (
        <div className="line-more fade-in">
          {traceId !== null && (
            <div className="actions">
              <Link className="button" href={`/traces/${traceId}`}>
                Open its trace
              </Link>
            </div>
          )}
          <dl className="pairs">
            <dt>key</dt>
            <dd>{record.key ?? "(none)"}</dd>
            {record.headers.map((one, index) => (
              <div key={`${one.name}-${index}`} style={{ display: "contents" }}>
                <dt>{one.name}</dt>
                <dd>{one.value ?? "(none)"}</dd>
              </div>
            ))}
          </dl>
          <pre className="record-value">{record.value === null ? "(deleted: no value)" : pretty(record.value)}</pre>
          {record.value !== null && record.value_bytes > SHOWN_BYTES && (
            <p className="small muted">The first {bytes(SHOWN_BYTES)} of {bytes(record.value_bytes)}.</p>
          )}
        </div>
      )}
    </li>
  );
}
