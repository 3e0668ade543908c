// Every page of the console on made-up answers: what it shows, how it is reached, and how it looks.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { accessibilityFaults, launch, open, type OpenPage } from "./support/browser";
import { PASSWORD, startFixtureServer, type FixtureServer } from "./support/fixture-server";
import { REQUEST, TRACE } from "./support/fixtures";

const SHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL("../../build/screenshots", import.meta.url));

let browser: Browser;
let server: FixtureServer;

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  server = await startFixtureServer();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function withPage(path: string, run: (opened: OpenPage) => Promise<void>): Promise<void> {
  const opened = await open(browser);
  try {
    await opened.page.goto(server.url + path);
    await run(opened);
    expect(opened.problems).toEqual([]);
  } finally {
    await opened.close();
  }
}

describe("overview", () => {
  test("shows each role with its state, ports and memory", () =>
    withPage("/", async ({ page }) => {
      const row = page.getByRole("row", { name: /^work-order / });
      await row.waitFor();
      expect(await row.getByRole("cell").allInnerTexts()).toEqual(
        expect.arrayContaining(["ready", "4112", "3009", "158 ms", "0", "9.0 MiB"]),
      );
      expect(await page.getByRole("row", { name: /^quality / }).innerText()).toContain("starting");
      expect(await page.locator("main").innerText()).toContain("13 of 14 roles are up");
    }));

  test("asks for a sign-in before it shows production", () =>
    withPage("/", async ({ page }) => {
      await page.getByRole("main").getByRole("link", { name: "Sign in" }).click();
      expect(await page.locator("main").innerText()).toContain("cat /srv/mes/var/secrets/admin-password");
      await signIn(page);
      const totals = page.getByLabel("Production totals");
      await totals.waitFor();
      expect(await totals.innerText()).toContain("28,946");
      expect(await page.getByRole("list", { name: "Completed, by part" }).getByRole("listitem").count()).toBe(6);
    }));
});

describe("sign-in", () => {
  test("says that the password is wrong", async () => {
    const { page, close } = await open(browser); // the browser itself reports the 401 on its console
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect(await page.getByRole("alert").innerText()).toBe("That user and password do not go together.");
    await close();
  });

  test("lasts over a reload and ends with a sign-out", () =>
    withPage("/production", async ({ page }) => {
      await signIn(page);
      await page.getByRole("table").waitFor();
      await page.reload();
      await page.getByRole("table").waitFor();
      expect(await page.evaluate(() => localStorage.length)).toBe(0);
    }));
});

describe("production", () => {
  test("groups, finds and sorts, and keeps it in the address", () =>
    withPage("/production", async ({ page }) => {
      await signIn(page);
      await page.getByText("Worker", { exact: true }).click();
      await page.getByRole("rowheader", { name: "W-0102" }).waitFor();
      expect(new URL(page.url()).searchParams.get("by")).toBe("worker");
      await page.getByLabel("Find a worker").fill("021");
      await expect.poll(() => page.locator("tbody tr").count()).toBe(1);
      await page.getByRole("button", { name: "Clear" }).click();
      await page.getByRole("button", { name: "Reports" }).click();
      await page.getByRole("button", { name: "Reports" }).click();
      expect(await page.getByRole("columnheader", { name: "Reports" }).getAttribute("aria-sort")).toBe("ascending");
      expect(await page.locator("tbody tr").first().innerText()).toContain("W-0266");
    }));
});

describe("logs", () => {
  test("filters by level, opens a line, leads to its trace", () =>
    withPage("/logs", async ({ page }) => {
      const lines = page.getByRole("list", { name: "Log lines" }).locator("> li");
      await expect.poll(() => lines.count()).toBe(200);
      await page.getByText("error", { exact: true }).first().click();
      await expect.poll(() => lines.count()).toBe(68);
      await lines.first().getByRole("button").click();
      expect(await lines.first().innerText()).toContain(REQUEST);
      await page.getByRole("link", { name: "Open its trace" }).click();
      expect(new URL(page.url()).pathname).toBe(`/traces/${TRACE}`);
    }));
});

describe("traces", () => {
  test("opens a trace by its request id and shows the waterfall", () =>
    withPage("/traces", async ({ page }) => {
      await page.getByLabel("Request id or trace id").fill(REQUEST);
      await page.keyboard.press("Enter");
      const spans = page.getByRole("list", { name: "Spans" }).locator("> li");
      await expect.poll(() => spans.count()).toBe(8);
      await spans.nth(4).getByRole("button").click();
      expect(await spans.nth(4).innerText()).toContain("http.request.method");
      expect(await page.getByRole("link", { name: "Its log lines" }).getAttribute("href")).toBe(
        `/logs?q=trace_id%3A${TRACE}&period=all`,
      );
    }));

  test("says what an id looks like when it is none", () =>
    withPage("/traces", async ({ page }) => {
      await page.getByLabel("Request id or trace id").fill("no id");
      await page.keyboard.press("Enter");
      expect(await page.getByRole("alert").innerText()).toContain("neither a request id");
    }));
});

describe("on Jaeger's port", () => {
  test("shows traces under Jaeger's addresses, and leads to the console for the rest", async () => {
    const jaeger = await startFixtureServer("traces");
    const { page, problems, close } = await open(browser);
    await page.goto(`${jaeger.url}/`);
    await expect.poll(() => page.locator(".found li").count()).toBe(12);
    await page.goto(`${jaeger.url}/trace/${TRACE}`);
    await expect.poll(() => page.locator(".span").count()).toBe(8);
    const port = String(3000 + Number(new URL(jaeger.url).port) - 16686);
    const logs = await page.getByRole("link", { name: "Its log lines" }).getAttribute("href");
    expect(logs).toBe(`http://127.0.0.1:${port}/logs?q=trace_id%3A${TRACE}&period=all`);
    expect(problems).toEqual([]);
    await close();
    await jaeger.close();
  });
});

describe("bus", () => {
  test("lists topics and groups, and shows a record with its headers", () =>
    withPage("/bus", async ({ page }) => {
      expect(await page.getByRole("row", { name: /^quality Empty/ }).innerText()).toContain("1,920");
      await page.getByRole("row", { name: /^reporting / }).getByRole("button", { name: "Details" }).click();
      expect(await page.getByRole("row", { name: /^reporting-service / }).innerText()).toContain("127.0.0.1");
      await page.getByRole("link", { name: "work-order.updated" }).last().click();
      const record = page.getByRole("list", { name: "Records" }).locator("> li").first();
      await record.getByRole("button").click();
      expect(await record.innerText()).toContain("ce_type");
      expect(await record.getByRole("link", { name: "Open its trace" }).getAttribute("href")).toBe(`/traces/${TRACE}`);
    }));
});

describe("keyboard", () => {
  test("the first stop skips to the content, the next are the pages", () =>
    withPage("/", async ({ page }) => {
      await page.getByRole("row", { name: /^bus / }).waitFor();
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Production");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    }));

  test("a choice of colours is kept", () =>
    withPage("/bus", async ({ page }) => {
      await page.getByTitle("Dark colours").click();
      await page.reload();
      await page.getByRole("table").first().waitFor();
      expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe("dark");
    }));
});

const VIEWS: { name: string; path: string; ready: string; whole?: boolean; act?: (page: Page) => Promise<void> }[] = [
  { name: "sign-in", path: "/sign-in", ready: "form" },
  { name: "overview", path: "/", ready: "tfoot", whole: true },
  { name: "production", path: "/production", ready: "tfoot" },
  {
    name: "logs",
    path: "/logs",
    ready: ".line",
    act: async (page) => page.locator(".line > button").nth(2).click(),
  },
  { name: "traces", path: "/traces", ready: ".found li" },
  {
    name: "trace",
    path: `/traces/${TRACE}`,
    ready: ".span",
    act: async (page) => page.locator(".span > button").nth(4).click(),
  },
  { name: "bus", path: "/bus", ready: "table" },
  {
    name: "topic",
    path: "/bus/work-order.updated",
    ready: ".line",
    act: async (page) => page.locator(".line > button").nth(1).click(),
  },
];

const LOOKS = [
  { name: "light", theme: "light", width: 1360 },
  { name: "dark", theme: "dark", width: 1360 },
  { name: "phone-light", theme: "light", width: 390 },
  { name: "phone-dark", theme: "dark", width: 390 },
] as const;

describe.each(LOOKS)("looks: $name", (look) => {
  test.each(VIEWS)("$name fits the screen and is accessible", async (view) => {
    const { page, problems, close } = await open(browser, { theme: look.theme, width: look.width, height: look.width < 500 ? 844 : 900 });
    if (view.name !== "sign-in") {
      await page.goto(`${server.url}/sign-in`);
      await signIn(page);
      await page.getByLabel("Production totals").waitFor();
    }
    await page.goto(server.url + view.path);
    await page.locator(view.ready).first().waitFor();
    await page.waitForLoadState("networkidle");
    await view.act?.(page);
    await page.screenshot({ path: `${SHOTS}/${view.name}-${look.name}.png`, fullPage: view.whole === true });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});
