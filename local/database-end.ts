let why: string | undefined;

/** Records why the embedded database of this process has ended although nobody closed it. */
export function noteDatabaseEnd(reason: string): void {
  why ??= reason;
}

/** Why the embedded database of this process has ended; undefined if it has not. */
export function databaseEnd(): string | undefined {
  return why;
}
