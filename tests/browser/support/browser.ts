// Debian's Chromium, quiet and with an empty profile; every page reports what went wrong in it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, type Page, chromium } from "playwright-core";

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Look {
  theme?: "light" | "dark";
  width?: number;
  height?: number;
  anyCertificate?: boolean; // one that nobody has signed will do
}

export interface OpenPage {
  page: Page;
  problems: string[]; // uncaught errors and errors on the browser's console
  close: () => Promise<void>;
}

export async function open(browser: Browser, look: Look = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    colorScheme: look.theme ?? "light",
    viewport: { width: look.width ?? 1360, height: look.height ?? 900 },
    reducedMotion: "reduce",
    ignoreHTTPSErrors: look.anyCertificate ?? false,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  return { page, problems, close: () => context.close() };
}

const AXE = fileURLToPath(new URL("../../../console/node_modules/axe-core/axe.min.js", import.meta.url));

// Violations of WCAG 2.1 A and AA as axe-core finds them, each as "rule: first element".
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(AXE, "utf8"));
  return page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (root: Document, options: unknown) => Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }> } }).axe;
    const { violations } = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] });
    return violations.map((one) => `${one.id}: ${one.nodes[0]?.html} ${one.nodes[0]?.failureSummary}`);
  });
}
