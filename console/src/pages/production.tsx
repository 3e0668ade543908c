import { useMemo } from "react";
import { GROUPS, type Group, type Production, type ProductionRow, rejectRate, useProduction } from "../api/production";
import { Segments, TextField } from "../components/controls";
import { type Column, DataTable } from "../components/data-table";
import { Content, PageHead, Panel } from "../components/panel";
import { SignInForm } from "../components/sign-in-form";
import { count, hours, percent } from "../lib/format";
import { useQuery, useSetQuery } from "../lib/router";
import { useSession } from "../lib/session";
import { TotalTiles } from "./overview-production";

const NAMES: Record<Group, string> = {
  part: "Part",
  resource: "Resource",
  worker: "Worker",
  work_order: "Work order",
  report_type: "Report type",
};

// The real shop's letters, as its own notes explain them.
const REPORT_TYPES: Record<string, string> = { S: "S: setup", D: "D: production", B: "B: break" };

function nameOf(group: Group, key: string): string {
  if (key === "") return "(none)";
  return group === "report_type" ? (REPORT_TYPES[key] ?? key) : key;
}

export function ProductionPage() {
  const session = useSession();
  return session === null ? <SignInForm reason="Production figures belong to people with an account." /> : <Figures />;
}

function Figures() {
  const query = useQuery();
  const setQuery = useSetQuery();
  const group = GROUPS.find((one) => one === query.get("by")) ?? "part";
  const from = query.get("from") ?? "";
  const to = query.get("to") ?? "";
  const find = query.get("find") ?? "";
  const production = useProduction({ groupBy: group, from, to });

  return (
    <>
      <PageHead title="Production" />
      <div className="toolbar">
        <Segments<Group>
          legend="Group by"
          value={group}
          onChange={(next) => setQuery({ by: next, find: "" })}
          options={GROUPS.map((one) => ({ value: one, label: NAMES[one] }))}
        />
        <TextField label="From" type="date" value={from} max={to} onChange={(event) => setQuery({ from: event.target.value })} />
        <TextField label="To, inclusive" type="date" value={to} min={from} onChange={(event) => setQuery({ to: event.target.value })} />
        <TextField
          label={`Find a ${NAMES[group].toLowerCase()}`}
          grow
          type="search"
          value={find}
          onChange={(event) => setQuery({ find: event.target.value })}
        />
        {(from !== "" || to !== "" || find !== "") && (
          <button type="button" className="button" onClick={() => setQuery({ from: "", to: "", find: "" })}>
            Clear
          </button>
        )}
      </div>
      <Content query={production} what="Production">
        {(data) => (
          <>
            <TotalTiles totals={data.totals} />
            <Table group={group} data={data} find={find} />
          </>
        )}
      </Content>
    </>
  );
}

function Table({ group, data, find }: { group: Group; data: Production; find: string }) {
  const rows = useMemo(() => {
    const wanted = find.toLowerCase();
    return data.data.filter((row) => nameOf(group, row.key).toLowerCase().includes(wanted));
  }, [data, find, group]);
  const columns = useMemo(() => columnsOf(group, data, rows, find !== ""), [group, data, rows, find]);
  const title = `By ${NAMES[group].toLowerCase()}`;
  return (
    <Panel title={title} aside={rows.length === data.data.length ? count(rows.length) : `${count(rows.length)} of ${count(data.data.length)}`}>
      <DataTable
        key={group}
        caption={`Production ${title.toLowerCase()}`}
        columns={columns}
        rows={rows}
        keyOf={(row) => row.key}
        initial={{ key: "completed", down: true }}
        foot={rows.length > 0}
      />
      {rows.length === 0 && (
        <p className="empty">{find === "" ? "Nothing was reported in this period." : `No ${NAMES[group].toLowerCase()} is called like that.`}</p>
      )}
    </Panel>
  );
}

function columnsOf(group: Group, data: Production, rows: ProductionRow[], filtered: boolean): Column<ProductionRow>[] {
  const sum = (pick: (row: ProductionRow) => number) => rows.reduce((total, row) => total + pick(row), 0);
  const most = Math.max(1, ...rows.map((row) => row.completed));
  const all = filtered
    ? { reports: sum((row) => row.reports), completed: sum((row) => row.completed), rejected: sum((row) => row.rejected), mrb: sum((row) => row.mrb) }
    : data.totals;
  return [
    { key: "key", title: NAMES[group], value: (row) => row.key, show: (row) => nameOf(group, row.key), total: filtered ? "Together" : "All" },
    { key: "reports", title: "Reports", value: (row) => row.reports, show: (row) => count(row.reports), numeric: true, total: count(all.reports) },
    {
      key: "completed",
      title: "Completed",
      value: (row) => row.completed,
      show: (row) => <span className="bar-cell" style={{ "--share": row.completed / most } as React.CSSProperties}>{count(row.completed)}</span>,
      numeric: true,
      total: count(all.completed),
    },
    { key: "rejected", title: "Rejected", value: (row) => row.rejected, show: (row) => count(row.rejected), numeric: true, total: count(all.rejected) },
    {
      key: "rate",
      title: "Reject rate",
      value: rejectRate,
      show: (row) => percent(rejectRate(row)),
      numeric: true,
      total: percent(rejectRate(all)),
    },
    { key: "mrb", title: "MRB", value: (row) => row.mrb, show: (row) => count(row.mrb), numeric: true, total: count(all.mrb) },
    {
      key: "reported",
      title: "Reported",
      value: (row) => row.reported_minutes,
      show: (row) => hours(row.reported_minutes),
      numeric: true,
      total: hours(filtered ? sum((row) => row.reported_minutes ?? 0) : data.totals.reported_minutes),
    },
    {
      key: "busy",
      title: <span title="Overlapping reports counted once">Busy</span>,
      value: (row) => row.busy_minutes,
      show: (row) => hours(row.busy_minutes),
      numeric: true,
      total: filtered ? "" : hours(data.totals.busy_minutes),
    },
  ];
}
