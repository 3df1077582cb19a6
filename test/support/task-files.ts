import { readTaskRows } from "../../lib/import/import-text.ts";
import type { ReadingHints } from "../../lib/taskfile/format.ts";
import { noTally, REMARK_KINDS } from "../../lib/taskfile/tally.ts";

/** Without a limit, a long row, whose pieces are joined again for each new one, would take seconds. */
const MAX_PIECES = 2_000;

/** A file as it arrives over the network, in pieces of `given` bytes, or of 7 and more. */
export async function* pieces(content: string | Uint8Array, given?: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content as string);
  const size = given ?? Math.max(7, Math.ceil(bytes.length / MAX_PIECES));
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Reads a whole task file: its items, and the messages about rejected rows. */
export async function readAll(content: string | Uint8Array, options: ReadOptions = {}) {
  const { items, messages } = await readWithRemarks(content, options);
  return { items, messages };
}

interface ReadOptions extends ReadingHints {
  name?: string;
  size?: number;
}

/** Reads a whole task file, with what was skipped or changed: the kinds that occurred, and their first lines. */
export async function readWithRemarks(
  content: string | Uint8Array,
  { name = "run1.txt", size, ...hints }: ReadOptions = {},
) {
  const items = [];
  const messages = [];
  const tally = noTally();
  const options = { name, step: "align", tally, ...hints };
  for await (const { item, problems } of readTaskRows(pieces(content, size), options)) {
    if (item) items.push(item);
    else messages.push(...problems.map(({ message }) => message));
  }
  const remarks = REMARK_KINDS.filter((kind) => tally[kind] > 0).map((kind) => {
    return `${kind} ${tally[kind]} from line ${tally.firstLines[kind]}`;
  });
  return { items, messages, remarks };
}

/** A plain item of step `align`. */
export function plain(itemId: string, taskId: string, script: string) {
  return { itemId, taskId, step: "align", script };
}
