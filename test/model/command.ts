import type fc from "fast-check";
import { expectSame } from "./checks.ts";
import type { Model } from "./model.ts";
import type { Real } from "./real.ts";

export type LifeCommand = fc.AsyncCommand<Model, Real>;

/** Moves both clocks. */
export function wait(model: Model, real: Real, ms: number): void {
  real.clock.advance(ms);
  model.nowMs += ms;
}

/** A move, after which the table must agree with the model. `text` is shown if it does not. */
export function command(
  text: string,
  run: (model: Model, real: Real) => Promise<void>,
  check: (model: Readonly<Model>) => boolean = () => true,
): LifeCommand {
  return {
    check,
    run: async (model, real) => {
      await run(model, real);
      await expectSame(model, real);
      // no two moves happen within the same millisecond
      wait(model, real, 1);
    },
    toString: () => text,
  };
}
