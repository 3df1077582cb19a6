import { setFlagsFromString } from "node:v8";

/**
 * Keeps the young generation of V8's heap at its current size for the rest of the process, and has the old generation
 * collected each time it doubles.
 *
 * Lambda starts Node.js with a heap that fits the function's memory. Elsewhere V8 sizes the heap by the machine's
 * memory. Measured with 24 GB while importing 24,000 rows: the young generation grew to 134 MB, nearly all garbage, and
 * the process to 360 MB; when kept small, they were 4 MB and 215 MB. (The heap limit itself cannot be set once the
 * process is running.) The faster rows arrive, the more V8 lets the old generation grow: the process reached 325 MB;
 * with earlier collections it had 218 MB, for 5% more processor time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=100");
}
