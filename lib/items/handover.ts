/** What an item gets from others before its scripts start. */
export interface Handover {
  /** steps that it waits for, `s3://` URIs and paths: they are in `./inputs/` when its scripts start */
  inputs?: readonly string[];
}

export const INPUTS = { field: "inputs", column: "Inputs" } as const;

/** A file or folder that is an input by its place. */
export type InputPlace =
  /** a key that ends in `/` is everything below it */
  { kind: "s3"; bucket: string; key: string; name: string } | { kind: "path"; path: string; name: string };

/**
 * What an input that is not a step stands for; a text with what is wrong if it is not a place. Every URI and every path
 * has a `/`.
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

/** Only the inputs of something that has other fields too. */
export function handoverOf({ inputs }: Handover): Handover {
  return inputs ? { inputs } : {};
}

/** Whether two items get the same inputs, in any order. */
export function hasSameHandover(one: Handover, other: Handover): boolean {
  const inOrder = ({ inputs = [] }: Handover) => inputs.toSorted().join("\n");
  return inOrder(one) === inOrder(other);
}
