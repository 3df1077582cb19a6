import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startAnamo } from "../support/anamo.ts";
import { allRegistered } from "../support/program.ts";
import { testFolder } from "../support/worker.ts";

/** An endpoint that answers with an error, and the key and region that each request was signed for. */
async function endpoint() {
  const signed: string[] = [];
  const server = createServer((request, reply) => {
    const [, key, region] = /Credential=([^/]+)\/\d+\/([^/]+)/.exec(request.headers.authorization ?? "") ?? [];
    signed.push(`${key} ${region}`);
    reply.writeHead(400).end(JSON.stringify({ __type: "com.amazonaws.dynamodb.v20120810#AccessDeniedException" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, signed };
}

async function configured() {
  const folder = await testFolder();
  const [config, credentials] = [join(folder, "config"), join(folder, "credentials")];
  await writeFile(config, "[default]\nregion = us-east-1\n[profile lab]\nregion = eu-west-2\n");
  const keys = (id: string) => `aws_access_key_id = ${id}\naws_secret_access_key = secret\n`;
  await writeFile(credentials, `[default]\n${keys("DEFAULT")}[lab]\n${keys("LAB")}`);
  return { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
}

test("--profile gives credentials and region, and wins over keys in variables", async () => {
  const { url, signed } = await endpoint();
  const env = { ...(await configured()), AWS_ENDPOINT_URL: url, ANAMO_TABLE: "some-table" };
  const keys = { AWS_ACCESS_KEY_ID: "SHELL", AWS_SECRET_ACCESS_KEY: "secret" };
  const run = async (args: string[], more: Record<string, string> = {}) => {
    signed.length = 0;
    await startAnamo(args, { env: { ...env, ...more } }).result;
    return signed[0];
  };
  expect(await run(["summary"])).toBe("DEFAULT us-east-1");
  expect(await run(["summary"], keys)).toBe("SHELL us-east-1");
  expect(await run(["summary", "--profile", "lab"], keys)).toBe("LAB eu-west-2");
  expect(await run(["table", "list", "--profile=lab", "-r", "eu-north-1"])).toBe("LAB eu-north-1");
  expect(await run(["summary"], { AWS_PROFILE: "lab" })).toBe("LAB eu-west-2");
});

test("--profile means AWS, also in a shell that `anamo local env` has pointed to a stack of this machine", async () => {
  const [aws, local] = [await endpoint(), await endpoint()];
  const env = {
    ...(await configured()),
    AWS_ENDPOINT_URL: aws.url,
    AWS_ENDPOINT_URL_DYNAMODB: local.url,
    AWS_ENDPOINT_URL_S3: local.url,
    ANAMO_LOCAL: "/somewhere/.anamo",
    ANAMO_TABLE: "anamo",
    ANAMO_BUCKET: "anamo-local",
  };
  await startAnamo(["summary", "--profile", "lab", "--table", "cohort1"], { env }).result;
  expect({ aws: aws.signed[0], local: local.signed }).toEqual({ aws: "LAB eu-west-2", local: [] });
  const { exitCode, stderr } = await startAnamo(["summary", "--profile", "lab"], { env }).result;
  expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("no table is named") });
});

test("an unknown profile is an error of one line", async () => {
  const env = { ...(await configured()), ANAMO_TABLE: "some-table", AWS_REGION: "us-east-1" };
  const { exitCode, stderr } = await startAnamo(["summary", "--profile", "labb"], { env }).result;
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^anamo: no AWS credentials were found \(--profile, .*\n$/);
});

test("every command that takes a region takes a profile", async () => {
  const withRegion = (await allRegistered()).filter(({ command }) =>
    command.options.some(({ long }) => long === "--region"),
  );
  expect(withRegion.length).toBeGreaterThan(15);
  for (const { path, command } of withRegion) {
    expect(
      command.options.map(({ long }) => long),
      path.join(" "),
    ).toContain("--profile");
  }
});
