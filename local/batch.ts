import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { toError } from "../lib/errors.ts";
import { answer } from "./batch/calls.ts";
import { JobQueue, type QueueOptions } from "./batch/queue.ts";
import { ClientException } from "./batch/requests.ts";
import { closeServer, type LocalServer, listenOnLoopback } from "./loopback.ts";

export type { JobStateChange, LocalJobDefinition } from "./batch/types.ts";

/** Options of the local Batch; see {@link QueueOptions}. */
export interface BatchOptions extends Partial<QueueOptions> {
  jobDefinitions: QueueOptions["jobDefinitions"];
  logDir: string;
  port?: number;
}

/** A running local Batch. */
export interface LocalBatch extends LocalServer {
  /**
   * Stops all jobs (SIGTERM, then SIGKILL after `graceMs`), then the server. A second call with a shorter grace period
   * speeds up the first.
   */
  close(graceMs?: number): Promise<void>;
}

/** Time from SIGTERM to SIGKILL, as on AWS. */
const STOP_GRACE_MS = 30_000;

/**
 * Starts a stand-in for AWS Batch on loopback. It supports SubmitJob, DescribeJobs, ListJobs, TerminateJob(s) and
 * CancelJob(s), and runs each job, or each child of an array job, as a process on this machine. Throws a UsageError if
 * the port is taken.
 */
export async function startBatch({ port = 0, ...options }: BatchOptions): Promise<LocalBatch> {
  const stopGraceMs = options.stopGraceMs ?? STOP_GRACE_MS;
  const queue = new JobQueue({
    jobQueue: "anamo-local",
    env: process.env,
    maxRunning: 2,
    onStateChange: () => {},
    ...options,
    stopGraceMs,
  });
  const server = createServer((request, response) => {
    void respond(queue, request, response);
  });
  const endpoint = await listenOnLoopback(server, port);
  let closing: Promise<void> | undefined;
  return {
    endpoint,
    async close(graceMs = stopGraceMs) {
      const ended = queue.close(graceMs);
      closing ??= ended.then(() => closeServer(server));
      await closing;
    },
  };
}

async function respond(queue: JobQueue, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const send = (status: number, body: unknown, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  };
  try {
    send(200, answer(queue, request.method ?? "", request.url ?? "", await json(request)));
  } catch (thrown) {
    const error = toError(thrown);
    // Invalid JSON (SyntaxError) is also the client's fault.
    const isClients = error instanceof ClientException || error instanceof SyntaxError;
    const type = isClients ? "ClientException" : "ServerException";
    send(isClients ? 400 : 500, { message: error.message }, { "x-amzn-errortype": type });
  }
}
