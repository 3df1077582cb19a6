import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { crateWriter } from "../../../lib/export/crate-writer.ts";
import type { ExportRow } from "../../../lib/export/export-row.ts";
import { multiqcWriter } from "../../../lib/export/multiqc-writer.ts";
import { parquetWriter } from "../../../lib/export/parquet-writer.ts";
import { traceWriter } from "../../../lib/export/trace-writer.ts";
import { tsvLine } from "../../../lib/export/tsv-line.ts";
import type { ExportContext, ExportWriter, Put } from "../../../lib/export/writer.ts";
import type { StepLinks } from "../../../lib/store/settings.ts";
import { HOSTILE } from "../../support/export-study.ts";

const ENDED_AT = "2030-01-01T10:00:00.500Z";
const DONE = { kind: "item", taskID: "S1", step: "align", state: "done", endedAt: ENDED_AT, attempt: 1 } as const;

test("a trace has Nextflow's columns, a line for each plain item and nested task that ran", async () => {
  const rows: ExportRow[] = [
    {
      ...DONE,
      itemID: "S1-align",
      nestedTasks: 0,
      exitCode: 0,
      wallSeconds: 3_723.4,
      cpuSeconds: 7_446.8,
      peakMemoryBytes: 3_000_000_000,
      startedAt: "2030-01-01T08:57:50.000Z",
      instance: "job-1",
      script: "bwa mem\n",
    },
    { ...DONE, itemID: "S1-nested", nestedTasks: 2, startedAt: "2030-01-01T09:00:00.000Z", instance: "job-2" },
    { ...DONE, kind: "task", itemID: "S1-nested", taskKey: "Task_0", exitCode: 0, wallSeconds: 0.25 },
    { ...DONE, kind: "task", itemID: "S1-nested", taskKey: "Task_1", state: "failed", cause: "exit", exitCode: 3 },
    { ...DONE, itemID: "S2-align", nestedTasks: 0, state: "todo", cause: "lost" },
    { ...DONE, itemID: "S3-align", nestedTasks: 0, state: "todo", attempt: 0 },
  ];
  const [head = [], ...lines] = cellsOf((await written(traceWriter, rows)).text);
  expect(head.slice(0, 3)).toEqual(["task_id", "hash", "native_id"]);
  const records = lines.map((line) => Object.fromEntries(head.map((name, at) => [name, line[at]])));
  expect(records).toMatchObject([
    {
      task_id: "1",
      native_id: "job-1",
      process: "align",
      name: "align (S1-align)",
      status: "COMPLETED",
      exit: "0",
      submit: "2030-01-01 08:57:50.000",
      start: "2030-01-01 08:57:57.100",
      complete: "2030-01-01 10:00:00.500",
      duration: "1h 2m 10s",
      realtime: "1h 2m 3s",
      "%cpu": "200.0%",
      peak_rss: "2.8 GB",
      peak_vmem: "-",
      script: "bwa mem",
    },
    { native_id: "job-2", tag: "S1-nested Task_0", realtime: "250ms", status: "COMPLETED" },
    { native_id: "job-2", tag: "S1-nested Task_1", status: "FAILED", exit: "3", realtime: "-" },
    { tag: "S2-align", status: "ABORTED", exit: "-" },
  ]);
  const raw = cellsOf((await written(traceWriter, rows, { raw: true })).text)[1] ?? [];
  const rawOf = (name: string) => raw[head.indexOf(name)];
  expect(["realtime", "peak_rss", "%cpu", "complete"].map(rawOf)).toEqual([
    ...["3723400", "3000000000", "200.0", String(Date.parse(ENDED_AT))],
  ]);
});

test("MultiQC gets a table of tags, samples against names, and is told what is left out", async () => {
  const links = new Map<string, StepLinks>([["count", { after: ["align"], afterAll: [], afterItems: false }]]);
  const { text, remarks } = await written(
    multiqcWriter,
    [
      { ...DONE, itemID: "S1-align", tagged: ["coverage\t31.2", "reads\t1000", "just text"] },
      { ...DONE, itemID: "S2-align", taskID: "S2", tagged: ["coverage\t29.9"] },
      { ...DONE, itemID: "S1-count", step: "count", tagged: ["reads\t900"] },
      { ...DONE, itemID: "S1-n", step: "count", kind: "task", taskKey: "Task_0", tagged: ["genes\t7", "genes\t8"] },
      { ...DONE, itemID: "S3-align", taskID: "S3", state: "failed", tagged: ["coverage\t0.1"] },
    ],
    { links },
  );
  expect(text).toMatch(/^# id: 'anamo_tags'\n/);
  expect(cellsOf(text)).toEqual([
    ["Sample", "coverage", "align: reads", "count: reads", "genes"],
    ["S1", "31.2", "1000", "900", ""],
    ["S1 | S1-n Task_0", "", "", "", "7"],
    ["S1 | S1-n Task_0 | 2", "", "", "", "8"],
    ["S2", "29.9", "", "", ""],
  ]);
  expect(remarks).toEqual([
    "left out: 1 tagged line without a second tab and a value",
    "left out: 1 tag of items that are not done",
  ]);
  expect((await written(multiqcWriter, [])).remarks).toEqual([expect.stringContaining("there are no tags")]);
});

test("Parquet has the columns of CSV with their types, in groups of rows", async () => {
  const rows: ExportRow[] = [
    { ...DONE, itemID: "=cmd()", exitCode: 0, peakMemoryBytes: 3_000_000_000, wallSeconds: 1.5, tagged: ["a\tb"] },
    ...HOSTILE.map((name): ExportRow => ({ kind: "task", itemID: name, taskID: name, step: name, state: "todo" })),
    // long enough to end a group of rows
    { ...DONE, itemID: "long", script: "x".repeat(16_000_000) },
    { ...DONE, itemID: "last" },
  ];
  const { bytes } = await written(parquetWriter, rows);
  const file = new Uint8Array(bytes).buffer;
  expect(parquetMetadata(file).row_groups).toHaveLength(2);
  const found = await parquetReadObjects({ file });
  const withoutNull = found.map((row) => Object.fromEntries(Object.entries(row).filter(([, cell]) => cell !== null)));
  const typed = ({ exitCode, peakMemoryBytes, attempt, tagged, endedAt, ...row }: ExportRow) => ({
    ...row,
    ...(attempt !== undefined && { attempt: BigInt(attempt) }),
    ...(exitCode !== undefined && { exitCode: BigInt(exitCode) }),
    ...(peakMemoryBytes !== undefined && { peakMemoryBytes: BigInt(peakMemoryBytes) }),
    ...(tagged && { tagged: JSON.stringify(tagged) }),
    ...(endedAt && { endedAt: new Date(endedAt) }),
  });
  expect(withoutNull).toEqual(rows.map(typed));
  const empty = await written(parquetWriter, []);
  expect(await parquetReadObjects({ file: new Uint8Array(empty.bytes).buffer })).toEqual([]);
});

test("an RO-Crate has an action for each plain item and nested task that has ended, with its step and times", async () => {
  const { text } = await written(crateWriter, [
    { ...DONE, itemID: "=cmd()", wallSeconds: 60, script: "bwa </script>" },
    { ...DONE, itemID: "N", nestedTasks: 1 },
    { ...DONE, itemID: "N", kind: "task", taskKey: "Task_0", state: "failed", cause: "exit", exitCode: 3 },
    { ...DONE, itemID: "later", state: "todo" },
  ]);
  const crate: { "@context": unknown; "@graph": Record<string, unknown>[] } = JSON.parse(text);
  const byId = new Map(crate["@graph"].map((entity) => [entity["@id"], entity]));
  expect(byId.size).toBe(crate["@graph"].length);
  expect(byId.get("ro-crate-metadata.json")).toMatchObject({ about: { "@id": "./" } });
  expect(byId.get("./")).toMatchObject({
    conformsTo: { "@id": "https://w3id.org/ro/wfrun/process/0.5" },
    mentions: [{ "@id": "#run-1" }, { "@id": "#run-2" }],
  });
  expect(byId.get("#run-1")).toMatchObject({
    "@type": "CreateAction",
    name: "=cmd()",
    description: "bwa </script>",
    instrument: { "@id": "#step-1" },
    startTime: "2030-01-01T09:59:00.500Z",
    endTime: ENDED_AT,
    actionStatus: { "@id": "http://schema.org/CompletedActionStatus" },
  });
  expect(byId.get("#run-2")).toMatchObject({ name: "N Task_0", error: "exit, exit code 3" });
  expect(byId.get("#step-1")).toMatchObject({ "@type": "SoftwareApplication", name: "align" });
  // everything that is referred to exists
  const refs = [...text.matchAll(/\{"@id": ?"(#[^"]+)"\}/g)].map(([, id]) => id);
  expect(refs.filter((id) => !byId.has(id))).toEqual([]);
  expect(JSON.parse((await written(crateWriter, [])).text)).toMatchObject({ "@graph": expect.any(Array) });
});

test.for([...HOSTILE, "\u2028line\u0085end\u000b"])(
  "in tab-separated text %j stays one cell of one line",
  async (name) => {
    const row: ExportRow = {
      ...DONE,
      itemID: name,
      taskID: name,
      step: name,
      exitCode: 0,
      tagged: [`${name}x\t${name}`],
    };
    for (const make of [traceWriter, multiqcWriter]) {
      const [head = [], ...lines] = cellsOf((await written(make, [row])).text);
      expect(lines).toEqual([expect.objectContaining({ length: head.length })]);
      expect(lines[0]?.map(unescaped).join("\n")).toContain(name);
    }
    expect(unescaped(tsvLine([name]).trimEnd())).toBe(name);
  },
);

async function written(
  make: (put: Put, context: ExportContext) => ExportWriter,
  rows: readonly ExportRow[],
  { raw = false, links = new Map() }: { raw?: boolean; links?: ReadonlyMap<string, StepLinks> } = {},
): Promise<{ text: string; bytes: Buffer; remarks: string[] }> {
  const remarks: string[] = [];
  const pieces: Buffer[] = [];
  const put: Put = async (piece) => void pieces.push(Buffer.from(piece as string));
  const steps = new Map(rows.map(({ step }) => [step, [5]]));
  const settings = { steps, links, order: new Map(), paused: new Map() } as unknown as ExportContext["settings"];
  const onRemark = (remark: string) => void remarks.push(remark);
  const writer = make(put, { table: "T", settings, nowMs: 0, version: "", raw, onRemark });
  await writer.page(rows);
  await writer.end();
  const bytes = Buffer.concat(pieces);
  return { text: bytes.toString(), bytes, remarks };
}

/** The cells of the lines that are not part of MultiQC's header, split where any reader would split. */
function cellsOf(text: string): string[][] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what Python's splitlines looks for
  const lines = text.replace(/\n$/, "").split(/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  return lines.filter((line) => !line.startsWith("#")).map((line) => line.split("\t"));
}

function unescaped(cell: string): string {
  return cell.replace(/\\(?:u([0-9a-f]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
    code ? String.fromCharCode(Number.parseInt(code, 16)) : ({ t: "\t", n: "\n", r: "\r" }[letter] ?? letter),
  );
}
