import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, mainly because they wait. */
const LONG = ["chaos/chaos", "cli/hangups", "cli/run", "cli/own-stack", "cli/local", "cli/full-disk", "page/page"];

const rankOf = ({ moduleId }: TestSpecification) => {
  const at = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return at < 0 ? LONG.length : at;
};

/**
 * Starts with the files that take longest. Without times from an earlier run, vitest starts with the largest; if one
 * minute of chaos were left for the end, it would keep one worker busy and the others idle.
 */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
