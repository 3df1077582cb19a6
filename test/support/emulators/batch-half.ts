import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { BatchClient } from "@aws-sdk/client-batch";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { Undo } from "../../../local/undo.ts";
import { ServiceCopy, type Template } from "../sls.ts";
import { loopbackEnv } from "./environment.ts";
import { startMoto } from "./moto.ts";

/** Functions and what belongs to them, which `sls deploy` creates on MiniStack instead. */
const LEFT_OUT = /^AWS::(Lambda|Events|CloudWatch)::/;

/** A moto server, with stacks of the template without what is {@link LEFT_OUT}. */
export class BatchHalf {
  readonly env: Record<string, string>;
  readonly batch: BatchClient;
  readonly #cloudFormation: CloudFormationClient;
  readonly #service: ServiceCopy;
  readonly #undo: Undo;

  private constructor(env: Record<string, string>, service: ServiceCopy, undo: Undo) {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const config = { endpoint: env.AWS_ENDPOINT_URL, region: "us-east-1", credentials };
    this.env = env;
    this.batch = new BatchClient(config);
    this.#cloudFormation = new CloudFormationClient(config);
    this.#service = service;
    this.#undo = undo;
    undo.push(async () => {
      this.batch.destroy();
      this.#cloudFormation.destroy();
    });
  }

  static async start(runDir: string): Promise<BatchHalf> {
    const undo = new Undo();
    try {
      const dir = join(runDir, "moto");
      await mkdir(dir, { recursive: true });
      const server = await startMoto(dir);
      undo.push(() => server.close());
      const service = await ServiceCopy.make({ bundles: false });
      undo.push(() => service.remove());
      return new BatchHalf({ ...loopbackEnv(runDir), AWS_ENDPOINT_URL: server.endpoint }, service, undo);
    } catch (error) {
      await undo.run();
      throw error;
    }
  }

  /** Creates the stack of a stage; parameters are `name=value`. */
  async deploy(stage: string, params: readonly string[] = []): Promise<void> {
    const template = batchHalfOf(await this.#service.package(params, ["--stage", stage]));
    const StackName = `anamo-${stage}`;
    const input = {
      StackName,
      TemplateBody: JSON.stringify(template),
      Capabilities: ["CAPABILITY_NAMED_IAM" as const],
    };
    await this.#cloudFormation.send(new CreateStackCommand(input));
    const { Stacks: [stack] = [] } = await this.#cloudFormation.send(new DescribeStacksCommand({ StackName }));
    if (stack?.StackStatus !== "CREATE_COMPLETE") throw new Error(`${StackName}: ${stack?.StackStatusReason}`);
  }

  /**
   * Holds jobs in the state SUBMITTED, or lets these and all later ones continue: moto then starts them, and they fail
   * because there is no container engine.
   */
  async holdJobs(hold: boolean): Promise<void> {
    const transition = hold ? { progression: "manual", times: 1_000_000 } : { progression: "immediate" };
    const body = JSON.stringify({ model_name: "batch::job", transition });
    await fetch(`${this.env.AWS_ENDPOINT_URL}/moto-api/state-manager/set-transition`, { method: "POST", body });
  }

  close(): Promise<void> {
    return this.#undo.run();
  }
}

function batchHalfOf({ Resources, Outputs, ...rest }: Template): Template {
  const made = Object.entries(Resources).filter(([, { Type }]) => !LEFT_OUT.test(Type));
  const kept: Template["Resources"] = Object.fromEntries(made);
  const environments = Object.values(kept).filter(({ Type }) => Type === "AWS::Batch::ComputeEnvironment");
  const { Bucket } = kept;
  if (environments.length === 0 || !Bucket) throw new Error("the template has no Batch half");
  // moto requires a role, but any role will do; AWS uses Batch's service-linked role if a template names none
  for (const { Properties } of environments) Properties.ServiceRole = { "Fn::GetAtt": ["ExecutionRole", "Arn"] };
  const { NotificationConfiguration: _, ...ofBucket } = Bucket.Properties;
  kept.Bucket = { Type: Bucket.Type, Properties: ofBucket };
  const left = Object.entries(Outputs).filter(([, { Value }]) => isAbout(Value, kept));
  const isGone = (name: string) => name in Resources && !(name in kept);
  return { ...rest, Resources: withoutLinksTo(kept, isGone), Outputs: Object.fromEntries(left) };
}

/**
 * The same value with a made-up ARN in place of references to resources that are left out: a policy may name a
 * function.
 */
function withoutLinksTo(resources: Template["Resources"], isGone: (name: string) => boolean): Template["Resources"] {
  return JSON.parse(JSON.stringify(resources), (_, value) => {
    const named = value?.["Fn::GetAtt"]?.[0] ?? value?.Ref;
    return typeof named === "string" && isGone(named) ? "arn:aws:lambda:us-east-1:123456789012:function:gone" : value;
  });
}

/** Whether an output refers only to resources that were not left out. */
function isAbout(value: unknown, resources: Template["Resources"]): boolean {
  const names = [...JSON.stringify(value).matchAll(/"(?:Ref":|Fn::GetAtt":\[)"(\w+)"/g)].map(([, name = ""]) => name);
  return names.every((name) => name in resources);
}
