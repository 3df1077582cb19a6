import fc from "fast-check";
import { UsageError } from "../../lib/errors.ts";
import { storeStudy, studyKey } from "../../lib/import/studies.ts";
import { parseWorkflow } from "../../lib/study/parse-workflow.ts";
import type { Study } from "../../lib/study/study.ts";
import { piece, text } from "./texts.ts";
import { type FuzzWorld, importChecked } from "./world.ts";

/** A workflow file and a sample sheet. */
export interface FuzzStudy {
  /** YAML; `@` stands for the text that makes the names of its steps unique */
  workflow: string;
  sheet: string;
  piece: number;
}

const COLUMNS = ["sample", "fastq_1", "group", "Age (years)"];
const STEPS = ["align", "call", "qc", "a", "a-b"];
const name = fc.constantFrom(...STEPS.map((step) => `@${step}`));
const column = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom("sample", "sample", ...COLUMNS) },
  { weight: 1, arbitrary: text },
);
const script = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(column, column).map(([a, b]) => `run {${a}} "{${b}}" {${a}*}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("run {sample}", "awk '{{print}}' {sample}", "cat <<E\n{sample}\nE", "run {sample} {}"),
  },
  { weight: 1, arbitrary: text },
);
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const step = fc.record({
  script,
  after: rarely(fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 }))),
  afterAll: rarely(name),
  allowFailed: rarely(fc.constantFrom("1", "2%", "x")),
  group: rarely(fc.oneof(column, fc.array(column, { maxLength: 3 }))),
  once: rarely(fc.boolean()),
  when: rarely(
    fc.oneof(
      text,
      column.map((one) => `{${one}} != x or {sample} == S1`),
    ),
  ),
  args: rarely(
    fc.oneof(
      fc.array(text, { maxLength: 3 }),
      column.map((one) => ({ column: one })),
    ),
  ),
  timeout: rarely(fc.constantFrom("6h", 30, "1 day")),
});

/** JSON is YAML. Some files are damaged. */
const workflow = fc
  .tuple(
    fc.array(fc.tuple(name, step), { minLength: 1, maxLength: 4 }),
    rarely(column),
    rarely(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(10), text)),
  )
  .map(([steps, sample, damage]) => {
    const file = JSON.stringify({ ...(sample !== undefined && { sample }), steps: Object.fromEntries(steps) });
    if (!damage) return file;
    const [at, cut, put] = damage;
    const from = Math.floor(at * file.length);
    return file.slice(0, from) + put + file.slice(from + cut);
  });

const cell = fc.oneof(
  { weight: 8, arbitrary: fc.stringMatching(/^[A-Z][a-z0-9]{0,2}$/) },
  { weight: 2, arbitrary: text },
);

const sheet = fc
  .tuple(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(COLUMNS) },
      { weight: 1, arbitrary: fc.subarray(COLUMNS, { minLength: 1 }) },
    ),
    fc.constantFrom(",", "\t"),
    fc.array(fc.array(cell, { minLength: 4, maxLength: 5 }), { maxLength: 6 }),
    fc.constantFrom("\n", "\r\n"),
  )
  .map(([columns, delimiter, rows, end]) => {
    const quoted = (value: string) => (/["\r\n,\t]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
    const lines = rows.map((row) =>
      row
        .slice(0, Math.max(columns.length, row.length - 2))
        .map(quoted)
        .join(delimiter),
    );
    return [columns.join(delimiter), ...lines].map((line) => line + end).join("");
  });

export const studies: fc.Arbitrary<FuzzStudy> = fc.record({ workflow, sheet, piece });

/**
 * Imports a sheet with a workflow; throws unless all rows and items are accounted for. A workflow file that cannot be
 * used must lead to a message with a line number.
 */
export async function importStudyChecked(world: FuzzWorld, { workflow: yaml, sheet: rows, ...one }: FuzzStudy) {
  const unique = `${world.counts.files}_`;
  let study: Study;
  try {
    study = await parseWorkflow(yaml.replaceAll("@", unique), { name: "w.yml", readFile: async () => "chr1\n" });
  } catch (error) {
    if (!(error instanceof UsageError) || !/^w\.yml:\d+: /.test(error.message)) throw error;
    world.counts.files++;
    world.counts.unusable++;
    return;
  }
  const key = studyKey(study);
  await storeStudy(world.s3, { bucket: world.bucket, key }, { study });
  await importChecked(world, {
    name: "sheet.csv",
    bytes: Buffer.from(rows),
    metadata: { workflow: key },
    study,
    ...one,
  });
}
