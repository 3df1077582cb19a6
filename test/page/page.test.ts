import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pageOf } from "../../lib/report/page.ts";
import type { Report } from "../../lib/report/report.ts";
import { PAGE_BUNDLE, pageBundle } from "../../scripts/make-page.ts";
import { chromiumPath, openPage, startBrowser } from "../support/browser.ts";
import { madeReport, REPORT_AT, type Study } from "../support/reports.ts";

test("the bundle of the page is that of page/; if this fails, run `npm run page`", async () => {
  expect(await readFile(PAGE_BUNDLE, "utf8")).toBe(await pageBundle());
});

const THREE = ["align", "call", "annotate"];
const TEN = ["fastqc", "trim", "align", "markdup", "bqsr", "call", "filter", "annotate", "cnv", "report"];
const HALF: Study = { samples: 24, steps: THREE, share: 0.5, failed: 2, paused: "annotate" };
const MANY: Study = { samples: 3_000, steps: TEN, share: 0.55, failed: 41, names: (at) => `WGS-${at}` };
const HOSTILE = [
  "<script>document.title='taken'</script>",
  "</script><img src=x onerror=alert(1)>",
  "=cmd|' /C calc'!A0",
  "../../etc/passwd",
  "\u001b[31mred",
  "\u202egnp.elpmas",
  "-rf",
  "it's $(touch x) `y`",
  "&lt;b&gt;\u2028",
];

/** Without Chromium there is nothing to test with; `.ci/run` installs it. */
describe.skipIf(!chromiumPath())("the progress page, in Chromium (skipped without: apt-get install chromium)", () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "anamo-page-"));
    browser = await startBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (report: Report, options: { colorScheme?: "dark" | "light"; hash?: string } = {}) => {
    const { hash, ...context } = options;
    const file = join(folder, `${Math.random()}.html`);
    await writeFile(file, pageOf(report));
    return openPage(browser, { file, nowMs: REPORT_AT + 120_000, ...(hash && { hash }) }, context);
  };

  test("answers what is done, what failed and why, and what to type, above the fold and with no request", async () => {
    const { page, complaints } = await open(madeReport(HALF));
    expect(await page.title()).toBe("45 % · 2 failed · study-24");
    const text = await page.locator("main").innerText();
    for (const answer of [
      /\d+ of 24 samples are done, \d+ are left\./,
      "2 items failed for good, 4 wait for them",
      "step annotate is paused",
      "17:15, between 16:30 and 18:30",
      "45 % of all items",
      "the new VEP cache is being copied",
      "anamo step resume annotate",
      "ran out of memory",
      "bcftools: Killed",
      "anamo logs HG00096-align --stderr",
      "anamo reset --group aaaaaaaaa0",
      "anamo run samples.tsv --retry-failed",
    ])
      expect(text).toMatch(answer);
    expect(await page.locator("#failures .groups").boundingBox()).toMatchObject({ y: expect.any(Number) });
    expect((await page.locator("#samples").boundingBox())?.y).toBeLessThan(1_000);
    expect(complaints).toEqual([]);
  });

  test("filters by class, by a number of a step and by text, keeps that in its address, and goes back", async () => {
    const { page, complaints } = await open(madeReport(HALF));
    const shown = () => page.locator(".cells").getAttribute("aria-label");
    expect(await shown()).toContain("Matrix of 24 samples");
    await page
      .getByRole("button", { name: /failed$/, pressed: false })
      .first()
      .click();
    expect(await shown()).toContain("Matrix of 2 samples");
    expect(page.url()).toContain("#state=failed");
    await page.keyboard.press("x");
    expect(await shown()).toContain("Matrix of 24 samples");
    await page.getByRole("button", { name: "running in call: 1" }).click();
    expect(await shown()).toContain("Matrix of 1 samples");
    await expect.poll(() => page.locator(".controls").innerText()).toContain("anamo items --state locked --step=call");
    await page.goBack();
    expect(await shown()).toContain("Matrix of 24 samples");
    await page.keyboard.press("/");
    await page.keyboard.type("hg*7");
    expect(await shown()).toContain("Matrix of 3 samples");
    expect(complaints).toEqual([]);
  });

  test("shows a sample by click and by keyboard, with its log, its commands and those that failed in the same way", async () => {
    const { page, complaints } = await open(madeReport(HALF));
    await page.locator(".cells canvas").click({ position: { x: 20, y: 30 } });
    const panel = page.getByRole("complementary", { name: "Sample HG00096" });
    const text = await panel.innerText();
    for (const part of ["failed", "needs align", "reading HG00096", "anamo reset HG00096-align", "1 other item"])
      expect(text).toContain(part);
    await page.keyboard.press("ArrowDown");
    await page.getByRole("complementary", { name: "Sample HG00103" }).waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("complementary").count()).toBe(0);
    await page.keyboard.press("s");
    for (const key of ["ArrowDown", "ArrowDown", "Enter"]) await page.keyboard.press(key);
    await page.getByRole("complementary", { name: "Sample HG00103" }).waitFor();
    expect(await page.locator("[aria-live]").textContent()).toBe(
      "HG00103, align: failed, call: blocked, annotate: blocked",
    );
    expect(complaints).toEqual([]);
  });

  test("has no serious fault in its accessibility, light and dark, with a panel and as a table", async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open(madeReport(HALF), { colorScheme, hash: "#state=failed&sample=HG00096" });
      // the page's policy does not allow other scripts, but a debugger may add them
      await page.evaluate(axe);
      expect(await faultsOf(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Show as a table" }).click();
      expect(await page.locator(".table-view tbody tr").count()).toBe(2);
      expect(await faultsOf(page)).toEqual([]);
    }
  });

  test("keeps hostile names text: in the page, in the panel, in commands and without a script", async () => {
    const report = madeReport({
      samples: HOSTILE.length,
      steps: ["<b>x", "call"],
      share: 0.3,
      failed: 3,
      names: (at) => HOSTILE[at] ?? "",
    });
    const { page, complaints } = await open({ ...report, study: "</title><script>alert(1)</script>" });
    expect(await page.locator("img, script[src], b > x").count()).toBe(0);
    await page.getByRole("button", { name: "Show as a table" }).click();
    const names = await page.locator(".table-view tbody th").allInnerTexts();
    for (const name of HOSTILE.slice(0, 4)) expect(names).toContain(name);
    expect(names).toContain("\\u001b[31mred");
    expect(names).toContain("\\u202egnp.elpmas");
    await page.getByRole("button", { name: "-rf" }).last().click();
    expect(await page.getByRole("complementary").innerText()).toContain("anamo items --sample=-rf");
    await page.goto(`${page.url().split("#")[0]}#sample=${encodeURIComponent(HOSTILE[7] ?? "")}`);
    await expect
      .poll(() => page.getByRole("complementary").innerText())
      .toContain(`'--sample=it'\\''s $(touch x) \`y\`'`);
    expect(complaints).toEqual([]);
    const fallback = pageOf(report).match(/<noscript>.*<\/noscript>/s)?.[0] ?? "";
    expect(fallback).toContain("<td>&lt;b&gt;x</td>");
  });

  test("names of any length leave the page as wide as the window, also on a phone", async () => {
    const long = {
      ...HALF,
      steps: ["align", "z".repeat(120)],
      paused: "align",
      names: (at: number) => "S".repeat(at * 12 + 1),
    };
    const { page } = await open(madeReport(long));
    for (const width of [1_440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      await expect.poll(() => page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    }
  });

  test("shows 3,000 samples in 10 steps in one file of under 1 MB, and scrolls to any of them", async () => {
    const report = madeReport(MANY);
    expect(pageOf(report).length).toBeLessThan(1_000_000);
    const { page, complaints } = await open(report);
    await page.locator("canvas.overview").waitFor();
    const colors = await page.evaluate<string[]>(COLORS_OF_OVERVIEW);
    for (const color of ["0,114,178", "213,94,0", "86,180,233", "221,227,233"]) expect(colors).toContain(color);
    await page.locator(".scroller").evaluate((element) => element.scrollTo(0, 22 * 1_500));
    await page.getByText("Samples 1,501 – 1,522 of 3,000").waitFor();
    await page.locator("#find").fill("WGS-2999");
    await page.locator(".scroller canvas").click({ position: { x: 20, y: 30 } });
    await page.getByRole("complementary", { name: "Sample WGS-2999" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("prints on white, without what can be clicked, whatever the colors of the screen", async () => {
    const { page, complaints } = await open(madeReport(HALF), { colorScheme: "dark" });
    expect((await page.pdf()).subarray(0, 5).toString()).toBe("%PDF-");
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    expect(await page.locator("#find").isVisible()).toBe(false);
    expect(await page.getByText("anamo reset --group aaaaaaaaa0").first().isVisible()).toBe(true);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["nothing at all", { samples: 0, steps: [], share: 0 }, "Nothing to do yet."],
    ["nothing done", { samples: 24, steps: THREE, share: 0 }, "None of 24 samples is done yet."],
    ["all done", { samples: 24, steps: THREE, share: 1 }, "All 24 samples are done. Finished 14:32."],
    [
      "20 steps",
      { samples: 3, steps: Array.from({ length: 20 }, (_, at) => `s${at}`), share: 0.4 },
      "1–7: 7 steps, all done",
    ],
  ] as const)("shows a study with %s", async (_, study, text) => {
    const { page, complaints } = await open(madeReport(study));
    expect(await page.locator("main").innerText()).toContain(text);
    expect(complaints).toEqual([]);
  });
});

const COLORS_OF_OVERVIEW = `{
  const canvas = document.querySelector("canvas.overview");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4) found.add(data.slice(at, at + 3).join());
  [...found];
}`;

async function faultsOf(page: Page): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    return (await axe.run()).violations;
  });
  const serious = found.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join("; ")}`);
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string }[];
}
