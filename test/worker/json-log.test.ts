import { expect, test } from "vitest";
import { JsonLog } from "../../worker/json-log.ts";

const NOW = Date.UTC(2026, 10, 30);

function logAt(level?: string) {
  const printed: { to: "out" | "err"; lines: Record<string, unknown>[] }[] = [];
  const take = (to: "out" | "err") => (text: string) => {
    printed.push({
      to,
      lines: text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    });
  };
  return { log: new JsonLog(level, { out: take("out"), err: take("err") }, () => NOW), printed };
}

test("lines wait for each other until a warning, which comes after them, or the end", () => {
  const { log, printed } = logAt();
  log.write("info", "item:claimed", { itemId: "A\nB", cause: undefined });
  log.write("debug", "claim:lost", { itemId: "C" });
  log.write("info", "item:ended", { itemId: "A" });
  expect(printed).toEqual([]);
  const error = Object.assign(new TypeError("no", { cause: new Error("why") }), { code: "E" });
  log.write("warn", "store:unreachable", { doing: "it", error });
  log.flush();
  log.flush();
  const head = { timestamp: "2026-11-30T00:00:00.000Z", service: "worker", sampling_rate: 0 };
  const cause = { name: "Error", message: "why", location: expect.any(String), stack: expect.any(String) };
  expect(printed).toEqual([
    {
      to: "out",
      lines: [
        { level: "INFO", message: "item:claimed", ...head, itemId: "A\nB" },
        { level: "INFO", message: "item:ended", ...head, itemId: "A" },
      ],
    },
    {
      to: "err",
      lines: [
        {
          level: "WARN",
          message: "store:unreachable",
          ...head,
          doing: "it",
          error: { ...cause, name: "TypeError", message: "no", code: "E", cause },
        },
      ],
    },
  ]);
});

test("a level leaves out what matters less", () => {
  const printedAt = (level?: string) => {
    const { log, printed } = logAt(level);
    for (const each of ["debug", "info", "warn", "error"] as const) log.write(each, each);
    log.flush();
    return printed.flatMap(({ lines }) => lines.map(({ message }) => message));
  };
  expect(printedAt("DEBUG")).toEqual(["debug", "info", "warn", "error"]);
  expect(printedAt("other")).toEqual(["info", "warn", "error"]);
  expect(printedAt("ERROR")).toEqual(["error"]);
  expect(printedAt("SILENT")).toEqual([]);
});
