import type { FaultKind } from "./fault-proxy.ts";

/** The services that a fault proxy can stand in front of. */
export type Service = "dynamodb" | "s3" | "batch";

/** An HTTP reply. */
interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

const CODES: Partial<Record<FaultKind, { status: number; code: string }>> = {
  error: { status: 500, code: "InternalServerError" },
  throughput: { status: 400, code: "ProvisionedThroughputExceededException" },
  throttling: { status: 400, code: "ThrottlingException" },
  slowDown: { status: 503, code: "SlowDown" },
  refuse: { status: 400, code: "RequestRefused" },
};

/** The error that a service answers with, in a form that its clients recognize. */
export function errorReply(service: Service, kind: FaultKind): Reply {
  const { status, code } = CODES[kind] ?? { status: 500, code: "InternalServerError" };
  const message = "refused by the fault proxy";
  if (service !== "s3") {
    const body = Buffer.from(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${code}`, message }));
    return { status, headers: { "content-type": "application/x-amz-json-1.0" }, body };
  }
  const s3Code = code === "InternalServerError" ? "InternalError" : code;
  const body = Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${s3Code}</Code><Message>${message}</Message></Error>`,
  );
  return { status, headers: { "content-type": "application/xml" }, body };
}
