import { AnamoError } from "../errors.ts";
import type { Look } from "./look.ts";
import { type Message, type MessageOptions, messageOf } from "./message.ts";
import { type Known, type NewsOptions, newsOf } from "./news.ts";

/** What is remembered between looks. */
export interface Note {
  format: 1;
  known: Known;
  /** a message that is being sent, or could not be sent */
  sending?: Sending;
}

interface Sending {
  message: Message;
  /** from 1 */
  tries: number;
  /** when the last try began, in milliseconds since the epoch */
  atMs: number;
  /** the last try ended with an error, so nobody is sending it any more */
  hasFailed?: true;
}

/** Where the note is kept. */
export interface NoteStore {
  /** the note and its version; undefined if there is none */
  read(): Promise<{ note: Note; version: string } | undefined>;
  /**
   * Replaces the note if it still has this version, or if there is still none, and returns its new version; undefined
   * if another process was faster
   */
  write(note: Note, version: string | undefined): Promise<string | undefined>;
}

/** How to send news. */
export interface DeliverOptions extends NewsOptions, MessageOptions {
  store: NoteStore;
  send(message: Message): Promise<void>;
  nowMs: number;
  /** how long the process that claimed a message may take to send it; 0 if only one process has the note */
  inFlightMs: number;
  /** called with what people know, as of this look */
  onKnown?(known: Known): void;
  /** called with a message that is dropped after its last try */
  onGivenUp?(message: Message): void;
}

/** - `told`: a message was sent; `busy`: somebody else is sending one, and this look told nothing */
export type Delivered = "nothing" | "told" | "busy";

/** How often a message is tried before it is dropped. */
export const MOST_TRIES = 5;

/** A message could not be sent. The next look tries again. */
export class NotSentError extends AnamoError {
  constructor(cause: unknown) {
    super("not-sent", `the notification could not be sent: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

/**
 * Tells people what a look has found, all news in one message. Writes the note first, on condition that it has not
 * changed since it was read: of two simultaneous looks, one sends. As a result,
 *
 * - news are lost only if their message failed {@link MOST_TRIES} times;
 * - a message arrives twice only if its sender died, or lost its network, between sending it and recording that.
 *
 * Without news, and with nothing to remember, this takes one read.
 */
export async function deliver(look: Look, options: DeliverOptions): Promise<Delivered> {
  const { store, nowMs, inFlightMs, onKnown, onGivenUp } = options;
  const found = await store.read();
  let { note, version } = found ?? { note: undefined, version: undefined };
  let delivered: Delivered = "nothing";
  let isDropped = false;
  if (note?.sending) {
    const { tries, atMs, hasFailed, message } = note.sending;
    if (!hasFailed && nowMs - atMs < inFlightMs) return "busy";
    if (tries < MOST_TRIES) {
      version = await claimAndSend({ ...note, sending: { message, tries: tries + 1, atMs: nowMs } }, version, options);
      if (version === undefined) return "busy";
      delivered = "told";
    } else {
      onGivenUp?.(message);
      isDropped = true;
    }
    note = { format: 1, known: note.known };
  }
  const { news, known, isChanged } = newsOf(note?.known, look, options);
  onKnown?.(known);
  if (news.length === 0) {
    if (isChanged || isDropped) await store.write({ format: 1, known }, version);
    return delivered;
  }
  const message = messageOf(news, look, options);
  const sent = await claimAndSend({ format: 1, known, sending: { message, tries: 1, atMs: nowMs } }, version, options);
  return sent === undefined ? "busy" : "told";
}

/** Sends what a note says. Returns the version of the note without it, or undefined if another process was faster. */
async function claimAndSend(
  note: Note & { sending: Sending },
  version: string | undefined,
  { store, send }: DeliverOptions,
): Promise<string | undefined> {
  const { sending, ...rest } = note;
  const claimed = await store.write(note, version);
  if (claimed === undefined) return undefined;
  try {
    await send(sending.message);
  } catch (error) {
    await store.write({ ...rest, sending: { ...sending, hasFailed: true } }, claimed);
    throw new NotSentError(error);
  }
  return store.write(rest, claimed);
}
