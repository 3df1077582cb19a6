import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, which is mostly waiting. */
const LONG = ["chaos/chaos", "cli/hangups", "cli/run", "cli/own-stack", "cli/local", "cli/full-disk", "page/page"];

const rankOf = ({ moduleId }: TestSpecification) => {
  const at = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return at < 0 ? LONG.length : at;
};

/**
 * Begins with the files that take longest, where vitest, without times of an earlier run, begins with the largest: one
 * minute of chaos left for the end would keep one worker busy and the others idle.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
