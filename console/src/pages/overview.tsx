import { useTopics, recordsIn } from "../api/bus";
import { queries, useInstant, useRange } from "../api/metrics";
import { usePlatformStatus } from "../api/platform";
import { LineChart, Sparkline } from "../components/chart";
import { Content, PageHead, Panel } from "../components/panel";
import { Stat, Stats } from "../components/stat";
import { serviceColor } from "../lib/color";
import { count, duration, NONE, percent, rate } from "../lib/format";
import { Addresses, Roles } from "./overview-platform";
import { ProductionSummary } from "./overview-production";

const MINUTES = 30;

export function OverviewPage() {
  const status = usePlatformStatus();
  const roles = status.data?.roles ?? [];
  const healthy = roles.filter((role) => role.state === "ready").length;

  return (
    <>
      <PageHead title="Overview">
        {status.data !== undefined && (
          <p>
            <span className={`state ${status.data.ready ? "good" : "warn"}`}>
              {status.data.ready ? "Everything is up" : `${healthy} of ${roles.length} roles are up`}
            </span>
          </p>
        )}
      </PageHead>
      <Rates />
      <ProductionSummary />
      <div className="main-and-side">
        <RequestChart />
        <Panel title="Addresses">
          <Content query={status} what="The platform's addresses">
            {(data) => <Addresses status={data} />}
          </Content>
        </Panel>
      </div>
      <Panel title="Roles" aside={status.data === undefined ? undefined : `${healthy} of ${roles.length} up`}>
        <Content query={status} what="The state of the roles">
          {(data) => <Roles status={data} />}
        </Content>
      </Panel>
    </>
  );
}

function Rates() {
  const requests = useRange(queries.requestRate, MINUTES);
  const errors = useRange(queries.errorShare, MINUTES);
  const latency = useRange(queries.latencyP95, MINUTES);
  const events = useRange(queries.eventRate, MINUTES);
  const topics = useTopics();
  const last = (query: typeof requests) => query.data?.[0]?.points.findLast((point) => point.value !== null)?.value ?? null;
  const unreachable = requests.error === null ? undefined : "Prometheus does not answer";
  const errorShare = last(errors);
  const records = topics.data?.topics.reduce((sum, topic) => sum + recordsIn(topic), 0);

  return (
    <Stats label="Rates now">
      <Stat
        label="Requests at the gateway"
        value={rate(last(requests))}
        unit="/s"
        note={unreachable}
        chart={<Sparkline series={requests.data?.[0]} label="Requests a second in the last 30 minutes" />}
      />
      <Stat
        label="Failed requests (5xx)"
        value={percent(errorShare)}
        tone={errorShare !== null && errorShare > 0.01 ? "bad" : undefined}
        note={unreachable}
        chart={<Sparkline series={errors.data?.[0]} label="Share of failed requests in the last 30 minutes" tone="--bad" />}
      />
      <Stat
        label="Services answer 95 % within"
        value={duration(last(latency))}
        note={unreachable}
        chart={<Sparkline series={latency.data?.[0]} label="95th percentile of latency in the last 30 minutes" tone="--series-3" />}
      />
      <Stat
        label="Events on the bus"
        value={rate(topics.data?.total)}
        unit="/s"
        note={
          topics.error !== null
            ? "The bus does not answer"
            : records === undefined
              ? NONE
              : `${count(records)} kept in ${topics.data?.topics.length ?? 0} topics`
        }
        chart={<Sparkline series={events.data?.[0]} label="Events a second in the last 30 minutes" tone="--series-2" />}
      />
    </Stats>
  );
}

function RequestChart() {
  const series = useRange(queries.requestRateByService, MINUTES);
  const now = useInstant(queries.requestRateByService);
  const nameOf = (labels: Record<string, string>) => labels.service ?? labels.job ?? "all";
  return (
    <Panel title="Requests a second, by service" aside={`Last ${MINUTES} minutes`}>
      <Content
        query={series}
        what="Request rates"
        empty={{ when: (data) => data.length === 0, show: "No request has been measured yet. Prometheus asks every 15 seconds." }}
      >
        {(data) => (
          <div className="panel-body">
            <LineChart
              series={data}
              nameOf={(one) => nameOf(one.labels)}
              colorOf={serviceColor}
              format={rate}
              label="Requests a second by service"
              height={210}
            />
            <ul className="legend" aria-label="Services and their rate now">
              {(now.data ?? [])
                .toSorted((a, b) => b.value - a.value)
                .map((sample) => (
                  <li key={nameOf(sample.labels)}>
                    <i className="swatch" style={{ background: serviceColor(nameOf(sample.labels)) }} />
                    {nameOf(sample.labels)} {rate(sample.value)}
                  </li>
                ))}
            </ul>
          </div>
        )}
      </Content>
    </Panel>
  );
}
