import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** The machine's Chromium; undefined if it has none. */
export function chromiumPath(): string | undefined {
  const { CHROMIUM, PATH = "" } = process.env;
  const names = ["chromium", "chromium-browser", "google-chrome"];
  const places = PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return [...(CHROMIUM ? [CHROMIUM] : []), ...places].find((path) => existsSync(path));
}

export function startBrowser(): Promise<Browser> {
  // root, as in a container, cannot use the sandbox
  return chromium.launch({ executablePath: chromiumPath() ?? "", args: ["--no-sandbox", "--disable-gpu"] });
}

/** An open page, and lists that must stay empty: messages on the console, errors, requests. */
export interface OpenPage {
  page: Page;
  complaints: string[];
}

/** Opens a page in its own window, which closes with the test. */
export async function openPage(
  browser: Browser,
  html: { file: string; nowMs: number; hash?: string },
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, timezoneId: "UTC", ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) complaints.push(`request: ${request.url().slice(0, 100)}`);
  });
  const url = `file://${html.file}`;
  await page.clock.setFixedTime(html.nowMs);
  await page.goto(`${url}${html.hash ?? ""}`);
  await page.waitForSelector("h1");
  return { page, complaints };
}
