/*
 * The numbers that a person may set on an item. To add one, put it into ItemSettings and ITEM_SETTINGS, and its
 * attribute into store/attributes.ts. Task files, `anamo add`, the library, rows, lists and JSON follow from there.
 */

/** How a person wants an item to be run. For absent settings, the worker's options apply. */
export interface ItemSettings {
  /** 0 to 9, higher first */
  priority?: number;
  /** attempts that may fail before the item stays failed */
  maxAttempts?: number;
  /** longest run of one task */
  timeoutMs?: number;
  /** how long a worker may miss heartbeats before it loses the item */
  leaseMs?: number;
}

/** How a setting is written, shown and checked. */
interface Spec {
  /** the column of a task file */
  column: string;
  /** the name in the library, in lists and in JSON */
  name: string;
  /** the name in a sentence */
  label: string;
  /** `level`: 0 to 9; `count`: a whole number; `seconds`: whole seconds, kept in milliseconds */
  kind: "level" | "count" | "seconds";
  min: number;
  max: number;
  /** the option of `anamo add`, with its help text */
  flag: string;
  help: string;
}

export const ITEM_SETTINGS = {
  priority: {
    column: "Priority",
    name: "priority",
    label: "priority",
    kind: "level",
    min: 0,
    max: 9,
    flag: "priority",
    help: "0 to 9, higher first (default: 5)",
  },
  maxAttempts: {
    column: "MaxAttempts",
    name: "maxAttempts",
    label: "attempts",
    kind: "count",
    min: 1,
    max: 1000,
    flag: "max-attempts",
    help: "attempts before it stays failed",
  },
  timeoutMs: {
    column: "TimeoutSeconds",
    name: "timeoutSeconds",
    label: "time-out",
    kind: "seconds",
    min: 1,
    // a timer of more than 2^31 ms fires immediately
    max: 2_147_483,
    flag: "timeout",
    help: "longest run of one task",
  },
  leaseMs: {
    column: "LeaseSeconds",
    name: "leaseSeconds",
    label: "lease",
    kind: "seconds",
    min: 1,
    max: 86_400,
    flag: "lease",
    help: "how long a worker may be silent before it loses the item",
  },
} as const satisfies Record<keyof ItemSettings, Spec>;

type Specs = typeof ITEM_SETTINGS;
export type SettingField = keyof ItemSettings;
export type SettingColumn = Specs[SettingField]["column"];
export type SettingName = Specs[SettingField]["name"];

/** The settings under the names that people use, durations in seconds. */
export type NamedSettings = { [N in SettingName]?: number };

/** Every setting with its field name. */
export const SETTING_SPECS = (Object.entries(ITEM_SETTINGS) as [SettingField, Specs[SettingField]][]).map(
  ([field, spec]) => ({ field, ...spec }),
);

/** An item's settings, under the names that people use. */
export function namedSettings(settings: ItemSettings): NamedSettings {
  const named: NamedSettings = {};
  for (const { field, name, kind } of SETTING_SPECS) {
    const value = settings[field];
    if (value !== undefined) named[name] = kind === "seconds" ? value / 1_000 : value;
  }
  return named;
}
