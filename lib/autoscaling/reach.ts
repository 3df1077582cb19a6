import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { type DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { AnamoError, toError } from "../errors.ts";

/** A table cannot be scaled, or no service can tell whether it is. */
export class ScalingError extends AnamoError {
  constructor(message: string, options?: ErrorOptions) {
    super("scaling", message, options);
  }
}

/** The client for the tables, and the client for Application Auto Scaling. */
export interface Scalers {
  dynamo: DynamoDBClient;
  scaling: ApplicationAutoScalingClient;
}

/**
 * Throws a ScalingError if the table is not on AWS but the scaling client would ask AWS: the variables of the embedded
 * stack set no endpoint for scaling, so the SDK would fall back to AWS. Sends no request.
 */
export async function checkReach({ dynamo, scaling }: Scalers, table: string): Promise<void> {
  const [tableHost, scalingHost] = await Promise.all([
    hostOf(dynamo, new ListTablesCommand({})),
    hostOf(scaling, new DescribeScalableTargetsCommand({ ServiceNamespace: "dynamodb" })),
  ]);
  if (isAwsHost(tableHost) || !isAwsHost(scalingHost)) return;
  throw new ScalingError(
    `nothing scales table ${table}: it is at ${tableHost} and not on AWS. The embedded stack serves any load, whatever its capacity is set to; for another stack, set AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING`,
  );
}

/** Wraps the error of a call to the service into a ScalingError with a one-line message. */
export async function toScalingError({ scaling }: Scalers, thrown: unknown): Promise<ScalingError> {
  if (thrown instanceof ScalingError) return thrown;
  const error = toError(thrown);
  const host = await hostOf(scaling, new DescribeScalableTargetsCommand({ ServiceNamespace: "dynamodb" }));
  const [firstLine = ""] = `${error.name}: ${error.message}`.split("\n");
  return new ScalingError(`Application Auto Scaling at ${host} refused or did not answer (${firstLine.trim()})`, {
    cause: error,
  });
}

/** Whether a host is in one of the domains of AWS services. */
function isAwsHost(host: string): boolean {
  return /(^|\.)(amazonaws\.(com|com\.cn|eu)|api\.aws|api\.amazonwebservices\.com\.cn)(:\d+)?$/i.test(host);
}

type Host = { hostname: string; port?: number };

/** The host that a client's calls go to, by its settings, variables and SDK files. Builds a request, but sends none. */
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
