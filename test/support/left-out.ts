import { type Engine, testEngine } from "./engines.ts";

/** Features that an engine lacks; docs/emulators.md says what it does instead. */
const LACKING: Partial<Record<Engine, readonly string[]>> = {
  dynoxide: ["UpdateTable changes the capacity of an index"],
};

/** Whether the engine of this run lacks a feature. Tests that need it: `test.skipIf(engineLacks("…"))`. */
export function engineLacks(feature: "UpdateTable changes the capacity of an index"): boolean {
  return LACKING[testEngine()]?.includes(feature) ?? false;
}
