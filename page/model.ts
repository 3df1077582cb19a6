import type { FailureGroup, ItemClass, Report } from "../lib/report/report.ts";

/* What the page computes from the report, once: the rows of the matrix and their order. */

const CLASSES: readonly ItemClass[] = ["failed", "blocked", "paused", "running", "waiting", "done"];
const LETTERS = "fbprwd";
/** The code of a step in which a sample has no item. */
export const NO_ITEM = CLASSES.length;

export const CLASS_NAMES: Readonly<Record<ItemClass, string>> = {
  done: "done",
  running: "running",
  waiting: "waiting",
  paused: "paused",
  blocked: "blocked",
  failed: "failed",
};
/** The order in which people read the classes. */
export const READING_ORDER: readonly ItemClass[] = ["done", "running", "waiting", "paused", "blocked", "failed"];

/** One sample of the matrix. */
export interface Row {
  name: string;
  /** its place in `matrix.samples` */
  at: number;
  /** a code for each step: a place in {@link CLASSES}, or {@link NO_ITEM} */
  cells: Uint8Array;
  worst: number;
  done: number;
}

/** Which samples are shown. */
export interface View {
  classes: readonly ItemClass[];
  step?: string;
  group?: string;
  text: string;
  order: "problems" | "name";
  /** the sample whose panel is open */
  sample?: string;
}

export const EVERYTHING: View = { classes: [], text: "", order: "problems" };

export class Model {
  readonly report: Report;
  readonly rows: readonly Row[];
  readonly #byProblem: readonly Row[];
  readonly #shares = new Map<string, { done: number; total: number }>();
  /** the samples in each group */
  readonly #groups = new Map<string, Set<string>>();

  constructor(report: Report) {
    this.report = report;
    const { matrix, stepOrder, failures } = report;
    const codes = stepOrder.map((step) => matrix.cells[step] ?? "");
    this.rows = matrix.samples.map((name, at) => {
      const cells = Uint8Array.from(codes, (letters) => codeOf(letters[at]));
      let [worst, done] = [NO_ITEM, 0];
      for (const code of cells) {
        if (code < worst) worst = code;
        if (code === CLASSES.indexOf("done")) done++;
      }
      return { name, at, cells, worst, done };
    });
    // problems first, then those with the least done; samples come sorted by name
    this.#byProblem = this.rows.toSorted((a, b) => a.worst - b.worst || a.done - b.done || a.at - b.at);
    for (const [step, at, done, total] of matrix.shares) this.#shares.set(`${at} ${step}`, { done, total });
    for (const [, sample, , group] of failures.items) {
      const id = failures.groups[group]?.id;
      if (id === undefined) continue;
      const known = this.#groups.get(id) ?? new Set();
      this.#groups.set(id, known.add(sample));
    }
  }

  inOrder(order: View["order"]): readonly Row[] {
    return order === "name" ? this.rows : this.#byProblem;
  }

  matcher(view: View): (row: Row) => boolean {
    const { stepOrder } = this.report;
    const wanted = new Set(view.classes.map((name) => CLASSES.indexOf(name)));
    const column = view.step === undefined ? -1 : stepOrder.indexOf(view.step);
    const members = view.group === undefined ? undefined : (this.#groups.get(view.group) ?? new Set());
    const isText = textMatcher(view.text);
    return ({ name, cells }) => {
      if (members && !members.has(name)) return false;
      if (column >= 0) {
        const code = cells[column] ?? NO_ITEM;
        if (wanted.size > 0 ? !wanted.has(code) : code === NO_ITEM) return false;
      } else if (wanted.size > 0 && !cells.some((code) => wanted.has(code))) return false;
      return isText(name);
    };
  }

  group(id: string | undefined): FailureGroup | undefined {
    return this.report.failures.groups.find((group) => group.id === id);
  }

  share({ at }: Row, step: string): { done: number; total: number } | undefined {
    return this.#shares.get(`${at} ${step}`);
  }
}

export function classAt(code: number | undefined): ItemClass | undefined {
  return CLASSES[code ?? NO_ITEM];
}

export function isFiltered({ classes, step, group, text }: View): boolean {
  return classes.length > 0 || step !== undefined || group !== undefined || text !== "";
}

/** Matches part of a name, ignoring case; with `*` or `?`, the whole name. */
function textMatcher(text: string): (name: string) => boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return () => true;
  if (!/[*?]/.test(wanted)) return (name) => name.toLowerCase().includes(wanted);
  const pattern = wanted
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  const whole = new RegExp(`^${pattern}$`, "su");
  return (name) => whole.test(name.toLowerCase());
}

function codeOf(letter: string | undefined): number {
  const at = letter === undefined ? -1 : LETTERS.indexOf(letter);
  return at < 0 ? NO_ITEM : at;
}

/** A view as the part of an address after `#`, so that a link preserves it. */
export function viewToHash({ classes, step, group, text, order, sample }: View): string {
  const params = new URLSearchParams();
  if (classes.length > 0) params.set("state", classes.join(","));
  if (step !== undefined) params.set("step", step);
  if (group !== undefined) params.set("group", group);
  if (text !== "") params.set("find", text);
  if (order !== "problems") params.set("order", order);
  if (sample !== undefined) params.set("sample", sample);
  return params.toString();
}

export function viewOfHash(hash: string): View {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const [step, group, sample] = [params.get("step"), params.get("group"), params.get("sample")];
  return {
    classes: CLASSES.filter((name) => (params.get("state") ?? "").split(",").includes(name)),
    text: params.get("find") ?? "",
    order: params.get("order") === "name" ? "name" : "problems",
    ...(step !== null && { step }),
    ...(group !== null && { group }),
    ...(sample !== null && { sample }),
  };
}
