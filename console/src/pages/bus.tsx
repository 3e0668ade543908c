import { useMemo, useState } from "react";
import { type Group, lagOf, type Member, recordsIn, type Topic, type TopicsSnapshot, topicsOf, useGroups, useTopics } from "../api/bus";
import { TextField } from "../components/controls";
import { type Column, DataTable } from "../components/data-table";
import { Link } from "../components/link";
import { Content, PageHead, Panel } from "../components/panel";
import { Stat, Stats } from "../components/stat";
import { bytes, count, rate } from "../lib/format";
import { useQuery, useSetQuery } from "../lib/router";

export function BusPage() {
  const topics = useTopics();
  const groups = useGroups();
  return (
    <>
      <PageHead title="Bus" />
      <Content query={topics} what="Topics">
        {(data) => (
          <>
            <Totals snapshot={data} groups={groups.data} />
            <Groups query={groups} />
            <Topics snapshot={data} />
          </>
        )}
      </Content>
    </>
  );
}

function Totals({ snapshot, groups }: { snapshot: TopicsSnapshot; groups: Group[] | undefined }) {
  const { topics } = snapshot;
  const lag = groups?.reduce((sum, group) => sum + lagOf(group), 0);
  return (
    <Stats label="The bus now">
      <Stat label="Events" value={rate(snapshot.total)} unit="/s" />
      <Stat label="Topics" value={count(topics.length)} note={`${count(topics.reduce((sum, topic) => sum + topic.partitions.length, 0))} partitions`} />
      <Stat label="Records kept" value={count(topics.reduce((sum, topic) => sum + recordsIn(topic), 0))} />
      <Stat label="On disk" value={bytes(topics.reduce((sum, topic) => sum + topic.size_bytes, 0))} />
      <Stat label="Behind, all groups" value={count(lag)} unit="records" note={groups === undefined ? undefined : `${count(groups.length)} groups`} />
    </Stats>
  );
}

function Topics({ snapshot }: { snapshot: TopicsSnapshot }) {
  const find = useQuery().get("find") ?? "";
  const setQuery = useSetQuery();
  const rows = snapshot.topics.filter((topic) => topic.name.toLowerCase().includes(find.toLowerCase()));
  const columns: Column<Topic>[] = useMemo(
    () => [
      { key: "name", title: "Topic", value: (topic) => topic.name, show: (topic) => <Link href={`/bus/${encodeURIComponent(topic.name)}`}>{topic.name}</Link> },
      { key: "partitions", title: "Partitions", value: (topic) => topic.partitions.length, numeric: true },
      { key: "records", title: "Records", value: recordsIn, show: (topic) => count(recordsIn(topic)), numeric: true },
      { key: "rate", title: "A second", value: (topic) => snapshot.rates.get(topic.name) ?? null, show: (topic) => rate(snapshot.rates.get(topic.name)), numeric: true },
      { key: "size", title: "Size", value: (topic) => topic.size_bytes, show: (topic) => bytes(topic.size_bytes), numeric: true },
    ],
    [snapshot],
  );
  return (
    <Panel
      title="Topics"
      aside={<TextField label="Find a topic" type="search" value={find} spellCheck={false} onChange={(event) => setQuery({ find: event.target.value })} />}
    >
      <DataTable caption="Topics" columns={columns} rows={rows} keyOf={(topic) => topic.name} initial={{ key: "records", down: true }} />
      {rows.length === 0 && <p className="empty">No topic is called like that.</p>}
    </Panel>
  );
}

function stateTone(state: string): string {
  return state === "Stable" ? "good" : state === "Empty" ? "" : "warn";
}

const GROUP_COLUMNS: Column<Group>[] = [
  { key: "name", title: "Group", value: (group) => group.name },
  { key: "state", title: "State", value: (group) => group.state, show: (group) => <span className={`state ${stateTone(group.state)}`}>{group.state}</span> },
  { key: "members", title: "Members", value: (group) => group.members.length, numeric: true },
  { key: "topics", title: "Topics", value: (group) => topicsOf(group).size, numeric: true },
  { key: "lag", title: "Behind", value: lagOf, show: (group) => <span className={lagOf(group) > 1000 ? "tone-warn" : ""}>{count(lagOf(group))}</span>, numeric: true },
];

function Groups({ query }: { query: ReturnType<typeof useGroups> }) {
  const [shown, setShown] = useState("");
  const group = query.data?.find((one) => one.name === shown);
  const columns: Column<Group>[] = [
    ...GROUP_COLUMNS,
    {
      key: "more",
      title: <span className="visually-hidden">Details</span>,
      value: () => null,
      show: (one) => (
        <button type="button" className="button plain" aria-expanded={one.name === shown} onClick={() => setShown(one.name === shown ? "" : one.name)}>
          {one.name === shown ? "Hide details" : "Details"}
        </button>
      ),
    },
  ];
  return (
    <Panel title="Consumer groups" aside={query.data === undefined ? undefined : count(query.data.length)}>
      <Content query={query} what="Groups" empty={{ when: (data) => data.length === 0, show: "No group has committed an offset yet." }}>
        {(data) => (
          <>
            <DataTable caption="Consumer groups" columns={columns} rows={data} keyOf={(one) => one.name} initial={{ key: "lag", down: true }} />
            {group !== undefined && group.members.length > 0 && <Members group={group} />}
            {group !== undefined && <Offsets group={group} />}
          </>
        )}
      </Content>
    </Panel>
  );
}

function Members({ group }: { group: Group }) {
  const reads = (member: Member) => member.assignment.map((one) => `${one.topic}/${one.partition}`).join(", ");
  return (
    <DataTable
      caption={`Members of ${group.name}`}
      columns={[
        { key: "client", title: `Member (${group.name})`, value: (member) => member.client_id },
        { key: "host", title: "From", value: (member) => member.host },
        { key: "count", title: "Partitions", value: (member) => member.assignment.length, show: (member) => <span title={reads(member)}>{member.assignment.length}</span>, numeric: true },
        { key: "id", title: "Member id", value: (member) => member.id, wrap: true },
      ]}
      rows={group.members}
      keyOf={(member) => member.id}
      initial={{ key: "client", down: false }}
    />
  );
}

function Offsets({ group }: { group: Group }) {
  return (
    <DataTable
      caption={`Offsets of ${group.name}`}
      columns={[
        { key: "topic", title: `Topic (${group.name})`, value: (offset) => offset.topic, show: (offset) => <Link href={`/bus/${encodeURIComponent(offset.topic)}`}>{offset.topic}</Link> },
        { key: "partition", title: "Partition", value: (offset) => offset.partition, numeric: true },
        { key: "committed", title: "Committed", value: (offset) => offset.committed, show: (offset) => count(offset.committed), numeric: true },
        { key: "high", title: "End", value: (offset) => offset.high, show: (offset) => count(offset.high), numeric: true },
        { key: "lag", title: "Behind", value: (offset) => offset.lag, show: (offset) => count(offset.lag), numeric: true },
      ]}
      rows={group.lag}
      keyOf={(offset) => `${offset.topic}/${offset.partition}`}
      initial={{ key: "lag", down: true }}
    />
  );
}
