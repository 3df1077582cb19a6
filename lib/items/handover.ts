/** What an item is handed from outside before its scripts start. */
export interface Handover {
  /** steps that it waits for, `s3://` URIs and paths: available in `./inputs/` when its scripts start */
  inputs?: readonly string[];
}

export const INPUTS = { field: "inputs", column: "Inputs" } as const;

/** A file or folder that is an input because of its location. */
export type InputPlace =
  /** a key that ends in `/` stands for everything below it */
  { kind: "s3"; bucket: string; key: string; name: string } | { kind: "path"; path: string; name: string };

/**
 * Parses an input that is not a step; returns a text that says what is wrong if it is not a URI or path. Every URI and
 * path contains a `/`.
 */
export function inputPlace(text: string): InputPlace | string {
  const name = text.replace(/\/+$/, "").split("/").at(-1) ?? "";
  if (text.startsWith("s3://")) {
    const found = /^s3:\/\/([^/]+)\/(.+)$/s.exec(text);
    if (!found || NO_NAMES.includes(name)) return "a URI such as s3://bucket/ref/genome.fa";
    const [, bucket = "", key = ""] = found;
    return { kind: "s3", bucket, key, name };
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return "an s3:// URI, in small letters, or a path";
  if (!text.includes("/") || NO_NAMES.includes(name)) return "the path of a file or folder, with a / in it";
  return { kind: "path", path: text, name };
}

const NO_NAMES = ["", ".", ".."];

/** Picks the inputs from an object with other fields too. */
export function handoverOf({ inputs }: Handover): Handover {
  return inputs ? { inputs } : {};
}

/** Whether two items get the same inputs, in any order. */
export function hasSameHandover(one: Handover, other: Handover): boolean {
  const inOrder = ({ inputs = [] }: Handover) => inputs.toSorted().join("\n");
  return inOrder(one) === inOrder(other);
}
