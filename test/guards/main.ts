import { GUARDS } from "./guards.ts";
import { copyCheckout, failuresWithout } from "./without-guard.ts";

/*
 * npm run guards [-- TEXT]: removes one guard after another in a copy of the checkout, and runs the test that must
 * notice. TEXT: only guards whose name or place contains this text. Exits with 1 if a test passes without its guard.
 */

const [text = ""] = process.argv.slice(2);
const copy = await copyCheckout();
let kept = 0;
try {
  for (const guard of GUARDS.filter(({ what, file }) => `${what} ${file}`.includes(text))) {
    const { what, test, title } = guard;
    const { failed, problem } = await failuresWithout(copy, guard, { files: [test], title });
    const isNoticed = failed.length > 0;
    if (!isNoticed) kept++;
    console.log(`${isNoticed ? "noticed" : "NOT NOTICED"}\t${what}\t${problem ?? `${test}: ${title}`}`);
  }
} finally {
  await copy.remove();
}
if (kept > 0) console.error(`${kept} of the guards can be removed without a test that fails`);
process.exitCode = kept > 0 ? 1 : 0;
