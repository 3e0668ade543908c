import { type ComponentType, useEffect } from "react";
import { useSignOut } from "./api/session";
import { Segments } from "./components/controls";
import { Icon, type IconName } from "./components/icon";
import { Link } from "./components/link";
import { consoleHref, onTracesOrigin } from "./lib/origin";
import { matchPath, usePath } from "./lib/router";
import { useSession } from "./lib/session";
import { type Theme, useTheme } from "./lib/theme";
import { BusPage } from "./pages/bus";
import { LogsPage } from "./pages/logs";
import { NotFoundPage } from "./pages/not-found";
import { OverviewPage } from "./pages/overview";
import { ProductionPage } from "./pages/production";
import { SignInPage } from "./pages/sign-in";
import { TopicPage } from "./pages/topic";
import { TracePage } from "./pages/trace";
import { TracesPage } from "./pages/traces";

interface Route {
  pattern: string;
  title: string;
  section: string;
  page: ComponentType<{ parameters: Record<string, string> }>;
}

// Every address of the console. /search and /trace/:id are Jaeger's own, so that links made for Jaeger go on working.
const ROUTES: Route[] = [
  { pattern: "/", title: "Overview", section: "/", page: onTracesOrigin ? TracesPage : OverviewPage },
  { pattern: "/production", title: "Production", section: "/production", page: ProductionPage },
  { pattern: "/logs", title: "Logs", section: "/logs", page: LogsPage },
  { pattern: "/traces", title: "Traces", section: "/traces", page: TracesPage },
  { pattern: "/search", title: "Traces", section: "/traces", page: TracesPage },
  { pattern: "/traces/:id", title: "Trace", section: "/traces", page: TracePage },
  { pattern: "/trace/:id", title: "Trace", section: "/traces", page: TracePage },
  { pattern: "/bus", title: "Bus", section: "/bus", page: BusPage },
  { pattern: "/bus/:topic", title: "Topic", section: "/bus", page: TopicPage },
  { pattern: "/sign-in", title: "Sign in", section: "", page: SignInPage },
];

const SECTIONS: { path: string; label: string; icon: IconName }[] = [
  { path: "/", label: "Overview", icon: "overview" },
  { path: "/production", label: "Production", icon: "production" },
  { path: "/logs", label: "Logs", icon: "logs" },
  { path: "/traces", label: "Traces", icon: "traces" },
  { path: "/bus", label: "Bus", icon: "bus" },
];

function find(path: string): { route: Route | null; parameters: Record<string, string> } {
  for (const route of ROUTES) {
    const parameters = matchPath(route.pattern, path);
    if (parameters !== null) return { route, parameters };
  }
  return { route: null, parameters: {} };
}

export function App() {
  const path = usePath();
  const { route, parameters } = find(path);
  const title = route?.title ?? "Nothing here";
  useEffect(() => {
    document.title = `${title} · MES console`;
  }, [title]);
  const Page = route?.page ?? NotFoundPage;
  const section = route === null ? "" : onTracesOrigin ? "/traces" : route.section;

  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <div className="shell">
        <aside className="side" aria-label="Console">
          <Link className="brand" href={consoleHref("/")}>
            <Brand />
            MES console
          </Link>
          <nav className="nav" aria-label="Pages">
            <ul>
              {SECTIONS.map(({ path: to, label, icon }) => (
                <li key={to}>
                  <Link
                    href={onTracesOrigin && to === "/traces" ? "/" : consoleHref(to)}
                    aria-current={section === to ? "page" : undefined}
                  >
                    <Icon name={icon} />
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div className="side-foot">
            {!onTracesOrigin && <Account path={path} />}
            <ThemeChoice />
          </div>
        </aside>
        <main className="page" id="main" tabIndex={-1}>
          <Page key={route?.pattern} parameters={parameters} />
        </main>
      </div>
    </>
  );
}

function Account({ path }: { path: string }) {
  const session = useSession();
  const signOut = useSignOut();
  if (session === null) {
    return path === "/sign-in" ? null : (
      <Link className="button" href={`/sign-in?next=${encodeURIComponent(path)}`}>
        Sign in
      </Link>
    );
  }
  return (
    <div className="account">
      <span title={`Signed in as ${session.user}`}>{session.user}</span>
      <button type="button" className="button plain" onClick={() => signOut.mutate()}>
        Sign out
      </button>
    </div>
  );
}

function ThemeChoice() {
  const [theme, setTheme] = useTheme();
  return (
    <Segments<Theme>
      legend="Colours"
      hideLegend
      value={theme}
      onChange={setTheme}
      options={[
        { value: "system", label: <Icon name="system" />, title: "Colours as the system" },
        { value: "light", label: <Icon name="light" />, title: "Light colours" },
        { value: "dark", label: <Icon name="dark" />, title: "Dark colours" },
      ]}
    />
  );
}

function Brand() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" fill="#0b6b80" />
      <path d="M7 23V11l6 4.5V11l6 4.5V9h6v14z" fill="#fff" />
    </svg>
  );
}
