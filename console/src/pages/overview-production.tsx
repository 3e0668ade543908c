import { type Group, type Production, rejectRate, useProduction } from "../api/production";
import { BarList } from "../components/bar-list";
import { Link } from "../components/link";
import { Content, Panel } from "../components/panel";
import { Stat, Stats } from "../components/stat";
import { count, hours, percent } from "../lib/format";
import { useSession } from "../lib/session";

const SHOWN = 6;

export function ProductionSummary() {
  const session = useSession();
  if (session === null) {
    return (
      <section className="note-box accent" aria-label="Production totals">
        <Link href="/sign-in?next=/">Sign in</Link> to see what has been produced: reports, completed and rejected pieces, by
        part, resource and worker.
      </section>
    );
  }
  return <Totals />;
}

function Totals() {
  const byPart = useProduction({ groupBy: "part", from: "", to: "" });
  const byResource = useProduction({ groupBy: "resource", from: "", to: "" });
  const byWorker = useProduction({ groupBy: "worker", from: "", to: "" });
  return (
    <>
      <Content query={byPart} what="Production totals">
        {(data) => <TotalTiles totals={data.totals} />}
      </Content>
      <div className="columns">
        <Top title="Completed, by part" group="part" query={byPart} />
        <Top title="Completed, by resource" group="resource" query={byResource} />
        <Top title="Completed, by worker" group="worker" query={byWorker} />
      </div>
    </>
  );
}

export function TotalTiles({ totals }: { totals: Production["totals"] }) {
  const rejects = rejectRate(totals);
  return (
    <Stats label="Production totals">
      <Stat label="Reports" value={count(totals.reports)} note={totals.work_orders === undefined ? undefined : `on ${count(totals.work_orders)} work orders`} />
      <Stat label="Completed" value={count(totals.completed)} unit="pieces" note={totals.packed === undefined ? undefined : `${count(totals.packed)} packed of ${count(totals.ordered)} ordered`} />
      <Stat label="Rejected" value={count(totals.rejected)} unit="pieces" note={rejects === null ? undefined : `${percent(rejects)} of all pieces`} />
      <Stat label="For review (MRB)" value={count(totals.mrb)} unit="pieces" />
      <Stat label="Reported time" value={hours(totals.reported_minutes)} note={totals.busy_minutes == null ? undefined : `${hours(totals.busy_minutes)} busy, overlaps counted once`} />
    </Stats>
  );
}

function Top({ title, group, query }: { title: string; group: Group; query: ReturnType<typeof useProduction> }) {
  return (
    <Panel title={title} aside={<Link href={`/production?by=${group}`}>All{query.data === undefined ? "" : ` ${query.data.data.length}`}</Link>}>
      <Content query={query} what={title} empty={{ when: (data) => data.data.length === 0, show: "Nothing has been reported yet." }}>
        {(data) => (
          <div className="panel-body">
            <BarList
              label={title}
              bars={data.data
                .toSorted((a, b) => b.completed - a.completed)
                .slice(0, SHOWN)
                .map((row) => ({
                  key: row.key === "" ? "(none)" : row.key,
                  value: row.completed,
                  href: `/production?by=${group}&find=${encodeURIComponent(row.key)}`,
                }))}
            />
          </div>
        )}
      </Content>
    </Panel>
  );
}
