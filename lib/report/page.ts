import { createHash } from "node:crypto";
import { SCRIPT, STYLE } from "./page-bundle.ts";
import type { FailureGroup, Report } from "./report.ts";

/**
 * The progress page: one HTML file that needs nothing else and makes no request to any server. Its content policy
 * allows only its own script and style, so even a name that got into the markup could do nothing.
 */
export function pageOf(report: Report): string {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(SCRIPT)}`,
    `style-src ${hashOf(STYLE)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escapeHtml(report.study)}</title>
<style>${STYLE}</style>
</head>
<body>
<div id="app"></div>
<noscript>${withoutScript(report)}</noscript>
<script type="application/json" id="data">${escapeJson(JSON.stringify(report))}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

/** JSON that no HTML parser takes for markup, and that is also JavaScript. */
function escapeJson(json: string): string {
  return json.replace(/[<\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The least that a reader without scripts needs. */
function withoutScript({ stepOrder, steps, failures, samples }: Report): string {
  const rows = stepOrder.map((step) => {
    const { done = 0, running = 0, waiting = 0, paused = 0, blocked = 0, failed = 0 } = steps[step]?.items ?? {};
    return [step, done, running, waiting, paused, blocked, failed];
  });
  const groups = failures.groups.map(({ items, step, cause, exitCode, line }: FailureGroup) => [
    ...[items, step, cause],
    exitCode ?? "",
    line ?? "",
  ]);
  return [
    `<h1>${samples.done} of ${samples.total} samples are done</h1>`,
    tableOf(["step", "done", "running", "waiting", "paused", "blocked", "failed"], rows),
    groups.length > 0 ? tableOf(["failed items", "step", "cause", "exit code", "last line"], groups) : "",
  ].join("");
}

function tableOf(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = (tag: string, row: readonly (string | number)[]) =>
    `<tr>${row.map((value) => `<${tag}>${escapeHtml(String(value))}</${tag}>`).join("")}</tr>`;
  return `<table>${cells("th", head)}${rows.map((row) => cells("td", row)).join("")}</table>`;
}

function escapeHtml(text: string): string {
  const known: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.toWellFormed().replace(/[&<>"']|[\p{Cc}\p{Cf}]/gu, (found) => known[found] ?? " ");
}
