import { systemCode, toError } from "./errors.ts";

/** What the codes of the file system mean, in words that follow "cannot be written:". */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: "you may not write there",
  EPERM: "the system does not allow it",
  EROFS: "the file system is read-only",
  ENOENT: "its folder does not exist",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a part of the path is a file, not a folder",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is too large",
  EISDIR: "it is a folder",
  ELOOP: "its links lead in a circle",
};

/** Why a file or folder cannot be written, for people: `you may not write there (EACCES)`. */
export function fileProblem(error: unknown): string {
  const code = systemCode(error);
  const words = code === undefined ? undefined : WORDS[code];
  return words === undefined ? toError(error).message : `${words} (${code})`;
}
