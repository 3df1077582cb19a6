import { join } from "node:path";
import { LOOPBACK, type LocalServer } from "../../../local/loopback.ts";
import { loopbackEnv } from "./environment.ts";
import { fetchDynamoDbLocal } from "./fetch.ts";
import { freePort, startServer } from "./server.ts";

// Port 9 of loopback, where nobody listens, is the way out that Java is given.
const NO_WAY_OUT = ["http", "https"].flatMap((scheme) => [
  `-D${scheme}.proxyHost=127.0.0.1`,
  `-D${scheme}.proxyPort=9`,
]);

/** Starts Amazon's DynamoDB Local, its tables in memory. */
export async function startDynamoDbLocal(dir: string): Promise<LocalServer> {
  const emulator = await fetchDynamoDbLocal();
  const port = await freePort();
  return startServer(`http://${LOOPBACK}:${port}`, "/", {
    command: "java",
    args: [
      ...["-Xmx512m", ...NO_WAY_OUT, "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"],
      ...["-inMemory", "-sharedDb", "-disableTelemetry", "-port", String(port)],
    ],
    cwd: emulator,
    logFile: join(dir, "dynamodb-local.log"),
    env: { ...loopbackEnv(dir), DDB_LOCAL_TELEMETRY: "0" },
  });
}
