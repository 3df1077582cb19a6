import { subscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage } from "node:http";
import { parentPort, workerData } from "node:worker_threads";
import { createImportHandler } from "../functions/import.ts";
import { createLaunchHandler } from "../functions/launch.ts";

/** What one call of a function took, or several. */
export interface CallCost {
  /** for which Lambda charges, in milliseconds */
  ms: number;
  /** of its thread, in milliseconds */
  cpuMs: number;
  /** for which its thread waited for a processor, in milliseconds: on AWS each function has its own */
  waitedMs: number;
  requests: number;
  /** writes whose condition failed */
  refused: number;
}

/*
 * One environment of a function, as on Lambda: a thread that takes one event at a time. Threads share the machine's
 * processors, so it also measures how long it waited for one.
 */
const { name, env } = workerData as { name: "import" | "launch"; env: Record<string, string> };
const handler = name === "import" ? createImportHandler(env) : createLaunchHandler(env);
let [requests, refused] = [0, 0];
subscribe("http.client.response.finish", (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
  requests += 1;
  // nothing else here answers a write with 400
  if (response.statusCode === 400 && request.getHeader("x-amz-target") !== undefined) refused += 1;
});

parentPort?.on("message", async (event: unknown) => {
  const before = now();
  await handler(event);
  const after = now();
  const entries = Object.entries(after).map(([what, value]) => [what, value - before[what as keyof CallCost]]);
  parentPort?.postMessage(Object.fromEntries(entries));
});
parentPort?.postMessage("ready");

function now(): CallCost {
  const { user, system } = process.threadCpuUsage();
  return { ms: performance.now(), cpuMs: (user + system) / 1_000, waitedMs: waitedMs(), requests, refused };
}

/** Linux: scheduler statistics of a thread are nanoseconds on a processor, nanoseconds of waiting, and time slices. */
function waitedMs(): number {
  if (process.platform !== "linux") return 0;
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;
}
