import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { type DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { AnamoError, toError } from "../errors.ts";

/** A table cannot be scaled, or nobody can be asked whether it is. */
export class ScalingError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("scaling", message, options);
  }
}

/** Where tables are, and what scales them. */
export interface Scalers {
  dynamo: DynamoDBClient;
  scaling: ApplicationAutoScalingClient;
}

/**
 * Throws a ScalingError where a table that is not on AWS would have AWS asked about it: the variables of the embedded
 * stack name no endpoint for scaling, and the SDK would take that of AWS. Sends nothing.
 */
export async function checkReach({ dynamo, scaling }: Scalers, table: string): Promise<void> {
  const [tableHost, scalingHost] = await Promise.all([
    hostOf(dynamo, new ListTablesCommand({})),
    hostOf(scaling, new DescribeScalableTargetsCommand({ ServiceNamespace: "dynamodb" })),
  ]);
  if (isOfAws(tableHost) || !isOfAws(scalingHost)) return;
  throw new ScalingError(
    `nothing scales table ${table}: it is at ${tableHost} and not on AWS. The embedded stack does as much as is asked of it, whatever its capacity is set to; for another stack set AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING`,
  );
}

/** One line on why the service could not be asked. */
export async function unanswered({ scaling }: Scalers, thrown: unknown): Promise<ScalingError> {
  if (thrown instanceof ScalingError) return thrown;
  const error = toError(thrown);
  const host = await hostOf(scaling, new DescribeScalableTargetsCommand({ ServiceNamespace: "dynamodb" }));
  const [firstLine = ""] = `${error.name}: ${error.message}`.split("\n");
  return new ScalingError(`Application Auto Scaling, at ${host}, does not do it (${firstLine.trim()})`, {
    cause: error,
  });
}

/** Domains that AWS keeps for its services. */
function isOfAws(host: string): boolean {
  return /(^|\.)(amazonaws\.(com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.com\.cn)(:\d+)?$/i.test(host);
}

type Host = { hostname: string; port?: number };

/** Where a client's calls go, by its settings, the variables and the files of the SDK: the request is built, not sent. */
async function hostOf(
  client: { send(command: never): Promise<unknown> },
  command: {
    middlewareStack: ListTablesCommand["middlewareStack"] | DescribeScalableTargetsCommand["middlewareStack"];
  },
): Promise<string> {
  const stack = command.middlewareStack as ListTablesCommand["middlewareStack"];
  stack.add(
    () => async (args) => {
      const { hostname, port } = args.request as Host;
      return { output: { hostname, port, $metadata: {} }, response: undefined };
    },
    { step: "build", priority: "high" },
  );
  const { hostname, port } = (await client.send(command as never)) as Host;
  return port === undefined ? hostname : `${hostname}:${port}`;
}
