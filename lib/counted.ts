/** `1 item`, `3 items`, `1,200 items`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

/** The form of a verb or pronoun that agrees with a count: `agreeing(n, "is", "are")`. */
export function agreeing(count: number, one: string, many: string): string {
  return count === 1 ? one : many;
}
