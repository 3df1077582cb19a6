import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { batchClient } from "../../lib/clients.ts";
import { describeJobsWith } from "../../lib/describe-jobs.ts";

test("jobs come as Batch describes them, and those it does not know are missing", async () => {
  const known = { jobId: "a:1", jobName: "w", status: "FAILED", attempts: [{ statusReason: "x", container: {} }] };
  const asked: unknown[] = [];
  const describeJobs = await batchAnswering((body) => {
    asked.push(body);
    return { status: 200, json: { jobs: [known] } };
  });
  expect(await describeJobs(["a:1", "b"])).toMatchObject([{ jobId: "a:1", status: "FAILED", attempts: [{}] }]);
  expect(asked).toEqual([{ jobs: ["a:1", "b"] }]);
});

test("a refusal is thrown by its name", async () => {
  const describeJobs = await batchAnswering(() => ({
    status: 403,
    json: { __type: "AccessDeniedException", message: "no" },
  }));
  await expect(describeJobs(["a"])).rejects.toMatchObject({ name: "AccessDeniedException" });
});

/** The adapter with a real client, and a server that answers as Batch would. */
async function batchAnswering(answer: (body: unknown) => { status: number; json: unknown }) {
  const server = createServer(async (request, reply) => {
    const body: unknown = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    const { status, json } = answer(body);
    reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const client = batchClient({
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL_BATCH: `http://127.0.0.1:${port}`,
  });
  onTestFinished(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return describeJobsWith(client);
}
