import { toError } from "../lib/errors.ts";
import { fetchDynamoDbLocal, fetchPython } from "../test/support/emulators/fetch.ts";

/* `npm run emulators`: fetches what `npm run test:aws` needs into .cache/; a second run fetches nothing. */

try {
  console.log(`MiniStack, moto and cfn-lint: ${await fetchPython()}`);
  console.log(`DynamoDB Local: ${await fetchDynamoDbLocal()}`);
} catch (error) {
  console.error(toError(error).message);
  process.exitCode = 2;
}
