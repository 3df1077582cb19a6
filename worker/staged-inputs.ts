import type { Item } from "../lib/items/item.ts";

/** The folder with an item's inputs, for all its tasks. */
export interface StagedInputs {
  folder: string;
  /** what has replaced results that the links point to, as text for a message; undefined if nothing has changed */
  changed(): Promise<string | undefined>;
  remove(): Promise<void>;
}

/** Why scripts cannot start: because of the inputs, or of this machine. */
export interface NoInputs {
  problem: string;
  isMachine: boolean;
  /** whether another attempt would fail in the same way */
  isFinal?: boolean;
}

/** Puts the inputs of items in place. */
export interface StagesInputs {
  /** Undefined for an item without inputs, or if `signal` is aborted in the meantime. */
  stage(item: Item, signal: AbortSignal): Promise<StagedInputs | NoInputs | undefined>;
}
