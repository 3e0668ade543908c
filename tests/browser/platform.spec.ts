// The console on a real platform: what a newcomer sees and clicks after `mes up`. Started by run.mjs.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { launch, open } from "./support/browser";

// Not BASE_URL: Vite sets that one itself.
const BASE = process.env.MES_CONSOLE_URL ?? "";
const GATEWAY = process.env.MES_GATEWAY_URL ?? "";
const TRACES = process.env.MES_TRACES_URL ?? "";
const DATA = process.env.MES_DATA ?? "";
const OFFSET = Number(process.env.MES_PORT_OFFSET ?? 0);
const PASSWORD_FILE = process.env.ADMIN_PASSWORD_FILE ?? join(DATA, "secrets/admin-password");
const SHOTS = process.env.SCREENSHOTS ?? join(import.meta.dirname, "../../build/screenshots");
const SPAN_WAIT = { timeout: 20_000, interval: 500 }; // spans and log lines travel in batches

let browser: Browser;

const password = () => readFileSync(PASSWORD_FILE, "utf8").trim();

async function withPage(url: string, run: (page: Page) => Promise<void>): Promise<void> {
  const { page, problems, close } = await open(browser);
  try {
    await page.goto(url);
    await run(page);
    expect(problems).toEqual([]);
  } finally {
    await close();
  }
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Password").fill(password());
  await page.getByRole("button", { name: "Sign in" }).click();
}

describe.skipIf(BASE === "")("on a real platform", () => {
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  test("the overview shows every role ready, with its ports and memory", () =>
    withPage(BASE, async (page) => {
      await page.getByText("Everything is up").waitFor();
      for (const [role, port] of [["bus", 9092], ["gateway", 8000], ["work-order", 3009], ["console", 3000]] as const) {
        const cells = await page.getByRole("row", { name: new RegExp(`^${role} `) }).innerText();
        expect(cells).toContain("ready");
        expect(cells).toContain(String(port + OFFSET));
        expect(cells).toMatch(/MiB/);
      }
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: `${SHOTS}/real-overview.png`, fullPage: true });
    }));

  test("every link of the overview works", () =>
    withPage(BASE, async (page) => {
      await page.getByRole("row", { name: /^bus / }).waitFor();
      const links = await page.locator("a[href]").evaluateAll((all) => [...new Set(all.map((one) => (one as HTMLAnchorElement).href))]);
      const web = links.filter((link) => !link.endsWith("#main"));
      expect(web.length).toBeGreaterThan(10);
      const answers = await Promise.all(web.map(async (link) => `${(await fetch(link)).status} ${link}`));
      expect(answers.filter((answer) => !answer.startsWith("200 "))).toEqual([]);
    }));

  test("the doors of Kibana, Kafka UI and Jaeger lead to logs, bus and traces", async () => {
    const doors = [
      { url: BASE.replace(/\d+$/, String(5601 + OFFSET)), heading: "Logs" },
      { url: BASE.replace(/\d+$/, String(8080 + OFFSET)), heading: "Bus" },
      { url: `${TRACES}/`, heading: "Traces" },
    ];
    for (const { url, heading } of doors) {
      await withPage(url, (page) => page.getByRole("heading", { name: heading, level: 1 }).waitFor());
    }
  });

  test("the first password is where the form says, and opens production", () =>
    withPage(`${BASE}/production`, async (page) => {
      await page.getByText("cat ").waitFor();
      expect(await page.locator(".command code").innerText()).toBe(`cat ${PASSWORD_FILE}`);
      await signIn(page);
      await page.getByLabel("Production totals").waitFor();
      await page.getByText("Resource", { exact: true }).click();
      await page.getByRole("heading", { name: "By resource" }).waitFor();
      await page.screenshot({ path: `${SHOTS}/real-production.png` });
    }));

  test("one request's id leads from the gateway to its trace and its log lines", async () => {
    const requestId = randomUUID();
    const answer = await fetch(`${GATEWAY}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": requestId },
      body: JSON.stringify({ username: "admin", password: password() }),
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-request-id")).toBe(requestId);
    const traceId = requestId.replaceAll("-", "");
    await expect.poll(async () => (await fetch(`${TRACES}/api/traces/${traceId}`)).status, SPAN_WAIT).toBe(200);

    await withPage(`${BASE}/traces`, async (page) => {
      await page.getByLabel("Request id or trace id").fill(requestId);
      await page.keyboard.press("Enter");
      const spans = page.getByRole("list", { name: "Spans" });
      await spans.waitFor();
      expect(await spans.innerText()).toContain("gateway");
      await page.screenshot({ path: `${SHOTS}/real-trace.png` });
      await expect
        .poll(async () => {
          await page.goto(`${BASE}/logs?q=${requestId}&period=all`);
          await page.locator(".line, .empty").first().waitFor();
          await page.waitForLoadState("networkidle");
          return page.locator(".line").count();
        }, SPAN_WAIT)
        .toBeGreaterThan(0);
      await page.locator(".line > button").first().click();
      expect(await page.locator(".line-more").first().innerText()).toContain(traceId);
      await page.screenshot({ path: `${SHOTS}/real-logs.png` });
    });
  });

  test("the bus has the specification's 56 topics, and its records can be read", () =>
    withPage(`${BASE}/bus`, async (page) => {
      await page.getByRole("link", { name: "work-order.created", exact: true }).waitFor();
      const names = await page.locator('a[href^="/bus/"]').allInnerTexts();
      const domain = new Set(names.filter((name) => /^(work-order|production-schedule|quality|material|traceability|equipment|personnel|integration|reporting|system)\./.test(name)));
      expect(domain.size).toBe(56);
      await page.screenshot({ path: `${SHOTS}/real-bus.png` });
      await page.getByRole("link", { name: "system.audit-log", exact: true }).first().click();
      const record = page.getByRole("list", { name: "Records" }).locator("> li").first();
      await record.getByRole("button").click();
      expect(await record.innerText()).toContain("ce_type");
    }));
});
