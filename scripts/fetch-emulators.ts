import { toError } from "../lib/errors.ts";
import { dynoxideOrProblem, fetchCheckov, fetchPython } from "../test/support/emulators/fetch.ts";

/* `npm run emulators`: installs what `npm run test:aws` needs into .cache/; a second run does nothing. */

try {
  console.log(`MiniStack, moto and cfn-lint: ${await fetchPython()}`);
  console.log(`checkov: ${await fetchCheckov()}`);
  const { binary, problem } = await dynoxideOrProblem();
  console.log(`dynoxide: ${binary ?? `skipped, ${problem}`}`);
} catch (error) {
  console.error(toError(error).message);
  process.exitCode = 2;
}
