import { type FaultProxy, type FaultProxyOptions, type ProxiedRequest, startFaultProxy } from "./fault-proxy.ts";
import { faultOf } from "./fault-rates.ts";
import type { Tally } from "./tally.ts";

export interface ProxiesOptions {
  seed: number;
  /** the variables of the stack behind the proxies, as they are now */
  env: () => Readonly<Record<string, string>>;
  onReply: NonNullable<FaultProxyOptions["onReply"]>;
  tally: Tally;
}

type Proxies = Readonly<Record<"dynamodb" | "s3" | "batch" | "control", FaultProxy>>;
/** the time until which every request to a service is reset */
type Outages = Record<"dynamodb" | "s3", number>;
interface Switch {
  isFaulty: boolean;
}

/** The proxies of a run. Workers and functions use faulty ones; the run's own requests do not. */
export class ChaosProxies {
  readonly #proxies: Proxies;
  readonly #outages: Outages;
  readonly #switch: Switch;

  private constructor(proxies: Proxies, outages: Outages, faulty: Switch) {
    this.#proxies = proxies;
    this.#outages = outages;
    this.#switch = faulty;
  }

  static async start({ seed, env, onReply, tally }: ProxiesOptions): Promise<ChaosProxies> {
    const outages: Outages = { dynamodb: 0, s3: 0 };
    const faulty: Switch = { isFaulty: true };
    const target = (variable: string) => () => env()[variable] ?? "";
    const meet = (service: "dynamodb" | "s3") => (request: ProxiedRequest) => {
      const isOut = performance.now() < outages[service];
      const fault = isOut ? ({ kind: "resetBefore" } as const) : faultOf(seed, service, request);
      if (!faulty.isFaulty || fault.kind === "carry") return { kind: "carry" } as const;
      tally.fault(service, isOut ? "outage" : fault.kind);
      return fault;
    };
    const carry = () => ({ kind: "carry" }) as const;
    const [dynamodb, s3, batch, control] = await Promise.all([
      startFaultProxy({
        service: "dynamodb",
        target: target("AWS_ENDPOINT_URL_DYNAMODB"),
        faultOf: meet("dynamodb"),
        onReply,
      }),
      startFaultProxy({ service: "s3", target: target("AWS_ENDPOINT_URL_S3"), faultOf: meet("s3") }),
      startFaultProxy({ service: "batch", target: target("AWS_ENDPOINT_URL_BATCH"), faultOf: carry }),
      startFaultProxy({ service: "dynamodb", target: target("AWS_ENDPOINT_URL_DYNAMODB"), faultOf: carry }),
    ]);
    return new ChaosProxies({ dynamodb, s3, batch, control }, outages, faulty);
  }

  /** From now on, forwards every request. */
  calm(): void {
    this.#switch.isFaulty = false;
  }

  /** Resets every request to a service for a while. */
  outage(service: "dynamodb" | "s3", forMs: number): void {
    this.#outages[service] = performance.now() + forMs;
  }

  /** The variables that send workers and functions through the proxies. */
  get endpoints(): Record<string, string> {
    const { dynamodb, s3, batch } = this.#proxies;
    return {
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
      AWS_ENDPOINT_URL_S3: s3.endpoint,
      AWS_ENDPOINT_URL_BATCH: batch.endpoint,
    };
  }

  /** An endpoint of the database without faults, which stays the same when the database restarts. */
  get control(): string {
    return this.#proxies.control.endpoint;
  }

  /** How many requests workers and functions made. */
  get requests(): Record<"dynamodb" | "s3", number> {
    return { dynamodb: this.#proxies.dynamodb.requests, s3: this.#proxies.s3.requests };
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#proxies).map((proxy) => proxy.close()));
  }
}
