import { readTaskRows } from "../../lib/import/import-text.ts";
import type { DelimiterHints } from "../../lib/taskfile/delimiters.ts";

/** A file as it arrives over the network, in pieces of `size` bytes. */
export async function* pieces(content: string | Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Reads a whole task file: its items, and the messages about rejected rows. */
export async function readAll(
  content: string | Uint8Array,
  { name = "run1.txt", size = 7, ...hints }: DelimiterHints & { name?: string; size?: number } = {},
) {
  const items = [];
  const messages = [];
  for await (const { item, problems } of readTaskRows(pieces(content, size), { name, step: "align", ...hints })) {
    if (item) items.push(item);
    else messages.push(...problems.map(({ message }) => message));
  }
  return { items, messages };
}

/** A plain item of step `align`. */
export function plain(itemId: string, taskId: string, script: string) {
  return { itemId, taskId, step: "align", script };
}
