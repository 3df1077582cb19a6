import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

/** Answers DescribeStacks as CloudFormation does, for one stack. The real emulators take too long to start. */
export async function cloudFormation(stack: string, outputs: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const server = createServer(async (request, reply) => {
    const name = new URLSearchParams(await text(request)).get("StackName") ?? "";
    asked.push(name);
    reply.setHeader("content-type", "text/xml");
    if (name !== stack) return void reply.writeHead(400).end(errorXml(`Stack with id ${name} does not exist`));
    reply.end(stackXml(name, outputs));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint, AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" };
  return { env, asked };
}

const escaped = (value: string) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function stackXml(name: string, outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName><StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2030-01-01T00:00:00Z</CreationTime>
    <Outputs>${members.join("")}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`;
}

function errorXml(message: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
    <Code>ValidationError</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}
