import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";

/** A request as the SDK sent it. */
interface Recorded {
  operation: string;
  input: Thing & { ResourceIds?: string[] };
}
type Thing = { ResourceId?: string; ScalableDimension?: string; PolicyName?: string };

/**
 * Starts a stand-in for Application Auto Scaling: it records requests, stores targets and policies, and answers as AWS
 * documents. `refuse` lists the errors that the next calls of an operation get.
 */
export async function startScalingServer(refuse: Record<string, string[]> = {}) {
  const recorded: Recorded[] = [];
  const targets = new Map<string, Thing>();
  const policies = new Map<string, Thing>();
  const nameOf = ({ ResourceId, ScalableDimension }: Thing) => `${ResourceId} ${ScalableDimension}`;
  const answer = ({ operation, input }: Recorded): Record<string, unknown> | string => {
    const [refusal] = refuse[operation]?.splice(0, 1) ?? [];
    if (refusal) return refusal;
    const isKnown = targets.has(nameOf(input));
    switch (operation) {
      case "DescribeScalableTargets":
        return {
          ScalableTargets: [...targets.values()].filter((one) => input.ResourceIds?.includes(one.ResourceId ?? "")),
        };
      case "DescribeScalingPolicies":
        return { ScalingPolicies: [...policies.values()].filter((one) => one.ResourceId === input.ResourceId) };
      case "RegisterScalableTarget":
        targets.set(nameOf(input), { ...targets.get(nameOf(input)), ...input });
        return { ScalableTargetARN: "arn" };
      case "PutScalingPolicy":
        if (!isKnown) return "ObjectNotFoundException";
        if ((policies.get(nameOf(input))?.PolicyName ?? input.PolicyName) !== input.PolicyName)
          return "ValidationException";
        policies.set(nameOf(input), input);
        return { PolicyARN: "arn", Alarms: [] };
      case "DeregisterScalableTarget":
        policies.delete(nameOf(input));
        return targets.delete(nameOf(input)) ? {} : "ObjectNotFoundException";
      default:
        return "UnknownOperationException";
    }
  };
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const operation = String(request.headers["x-amz-target"]).replace("AnyScaleFrontendService.", "");
    const call = { operation, input: (await json(request)) as Recorded["input"] };
    recorded.push(call);
    const found = answer(call);
    const isRefusal = typeof found === "string";
    response.writeHead(isRefusal ? 400 : 200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(isRefusal ? { __type: found, Message: "rejected by the test" } : found));
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  return {
    env: { AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: endpoint },
    endpoint,
    recorded,
    policies,
    /** the operations that change something, each with its target */
    changes: () =>
      recorded
        .filter(({ operation }) => !operation.startsWith("Describe"))
        .map((call) => `${call.operation} ${nameOf(call.input)}`),
  };
}
