import { useInstant } from "../api/metrics";
import type { PlatformStatus, Role } from "../api/platform";
import { CopyButton } from "../components/controls";
import { type Column, DataTable } from "../components/data-table";
import { Link } from "../components/link";
import { bytes, count, duration, NONE } from "../lib/format";
import { addressesOf, pageOf, portOffset, toneOf, uptimeS } from "../lib/roles";

function Ports({ role, offset }: { role: Role; offset: number }) {
  if (role.ports.length === 0) return <span className="muted">{NONE}</span>;
  return (
    <span className="ports">
      {role.ports.map((port, index) => {
        const href = pageOf(port, offset, window.location.hostname);
        return (
          <span key={port}>
            {index > 0 && ", "}
            {href === null ? port : <a href={href}>{port}</a>}
          </span>
        );
      })}
    </span>
  );
}

export function Roles({ status }: { status: PlatformStatus }) {
  const starts = useInstant("process_start_time_seconds");
  const startTimes = new Map(
    (starts.data ?? []).map((sample) => [(sample.labels.service ?? sample.labels.job ?? "").replace(/-service$/, ""), sample.value]),
  );
  const offset = portOffset(status);
  const uptime = (role: Role) => uptimeS(role, startTimes, Date.now());
  const memory = status.roles.reduce((sum, role) => sum + role.pss_kb, 0);
  const restarts = status.roles.reduce((sum, role) => sum + role.restarts, 0);
  const columns: Column<Role>[] = [
    { key: "name", title: "Role", value: (role) => role.name, total: "All together" },
    {
      key: "state",
      title: "State",
      value: (role) => role.state,
      show: (role) => <span className={`state ${toneOf(role.state)}`}>{role.state}</span>,
    },
    { key: "pid", title: "Process", value: (role) => role.pid, show: (role) => (role.pid === 0 ? NONE : role.pid), numeric: true },
    {
      key: "ports",
      title: "Ports",
      value: (role) => role.ports[0] ?? null,
      show: (role) => <Ports role={role} offset={offset} />,
      wrap: true,
    },
    { key: "uptime", title: "Up for", value: uptime, show: (role) => duration(uptime(role)), numeric: true },
    { key: "start", title: "Ready after", value: (role) => role.start_ms, show: (role) => duration(role.start_ms === null ? null : role.start_ms / 1000), numeric: true },
    {
      key: "restarts",
      title: "Restarts",
      value: (role) => role.restarts,
      show: (role) => (
        <span className={role.restarts > 0 ? "tone-warn" : "muted"} title={role.last_exit === "" ? undefined : role.last_exit}>
          {count(role.restarts)}
        </span>
      ),
      numeric: true,
      total: count(restarts),
    },
    {
      key: "memory",
      title: "Memory",
      value: (role) => role.pss_kb,
      show: (role) => bytes(role.pss_kb * 1024),
      numeric: true,
      total: bytes(memory * 1024),
    },
    {
      key: "links",
      title: <span className="visually-hidden">Links</span>,
      value: () => null,
      show: (role) => (
        <Link href={`/logs?service=${encodeURIComponent(serviceOf(role.name))}`} aria-label={`Logs of ${role.name}`}>
          Logs
        </Link>
      ),
    },
  ];
  return (
    <DataTable
      caption="Roles of the platform"
      columns={columns}
      rows={status.roles}
      keyOf={(role) => role.name}
      initial={{ key: "", down: false }}
      foot
    />
  );
}

// The eight services call themselves "work-order-service" in logs and spans; the other roles go by their own name.
const SERVICES = new Set(["auth", "work-order", "quality", "material", "traceability", "resource", "reporting", "integration"]);

export function serviceOf(role: string): string {
  return SERVICES.has(role) ? `${role}-service` : role;
}

export function Addresses({ status }: { status: PlatformStatus }) {
  return (
    <div className="panel-body">
      <ul className="links">
        {addressesOf(status, window.location.hostname).map((address) => (
          <li key={address.label}>
            <span className="muted">{address.label}</span>
            {address.href === null ? <code>{address.text}</code> : <a href={address.href}>{address.text.replace("http://", "")}</a>}
          </li>
        ))}
      </ul>
      {status.data !== undefined && (
        <div className="small muted command">
          <span>
            Data in <code>{status.data}</code>
          </span>
          <CopyButton text={status.data} what="the data folder's path" />
        </div>
      )}
    </div>
  );
}
