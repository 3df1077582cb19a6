/** Why a command works without the stack of a folder. */
export type NoStack =
  | { why: "on AWS" }
  | { why: "no folder" }
  /** `ANAMO_LOCAL` names a folder without a stack */
  | { why: "wrong folder"; folder: string }
  /** the folder has a table, but this command needs a stack that stays up */
  | { why: "down"; folder: string };

let reason: NoStack = { why: "no folder" };

/** Records why the running command has no stack, for the message if it needs one. */
export function noteNoStack(why: NoStack): void {
  reason = why;
}

/** Why the running command has no stack. */
export function noStack(): NoStack {
  return reason;
}
