import { checksOf } from "./after-deploy.ts";
import type { Ask } from "./ask.ts";
import { names, quotas, roles, vpcs, zones } from "./before-deploy.ts";
import { type Check, type Finding, ok, type Place, problem, unseen } from "./finding.ts";

const BEFORE: readonly Check[] = [roles, zones, vpcs, names, quotas];

/** What CloudFormation says about a stack; undefined if there is none. */
interface Stack {
  StackStatus: string;
  Outputs?: { OutputKey: string; OutputValue: string }[];
}

/** What was found, and the outputs of the stack if it is deployed. */
export interface Diagnosis {
  findings: Finding[];
  outputs?: ReadonlyMap<string, string>;
}

/**
 * Checks an account for a stack: before a deploy, anything that would make it fail; afterwards, whether everything that
 * works unseen is in place. Changes nothing.
 */
export async function diagnose(ask: Ask, target: Omit<Place, "account">): Promise<Diagnosis> {
  const me = await ask(["sts", "get-caller-identity"]);
  if (!me.ok) {
    const { code, message } = me;
    const type = /expired|sso/i.test(`${code} ${message}`) ? ["aws sso login", "aws configure"] : ["aws configure"];
    return { findings: [problem(`AWS does not accept the credentials: ${code}, ${message}`, ...type)] };
  }
  const { Account: account, Arn } = me.json as { Account: string; Arn: string };
  const place = { ...target, account };
  const findings = [ok(`you are ${Arn} in ${target.region}`)];
  const found = await ask(["cloudformation", "describe-stacks", "--stack-name", place.stack]);
  const [stack] = found.ok ? (found.json as { Stacks: Stack[] }).Stacks : [];
  if (!found.ok && found.code !== "ValidationError") findings.push(unseen(`the stack ${place.stack}`, found));
  const outputs = new Map(stack?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  // the framework creates its own bucket first, so a stack whose first deploy failed also exists, but without outputs
  const isDeployed = outputs.has("TableName");
  findings.push(stackFinding(place, stack, isDeployed));
  const checks = isDeployed ? [quotas, ...checksOf(outputs)] : BEFORE;
  const all = await Promise.all(checks.map((check) => check(ask, place)));
  findings.push(...all.flat());
  return { findings, ...(isDeployed && { outputs }) };
}

function stackFinding({ stack: name, stage }: Place, stack: Stack | undefined, isDeployed: boolean): Finding {
  const why = `aws cloudformation describe-stack-events --stack-name ${name} --query "StackEvents[?contains(ResourceStatus, 'FAILED')].[LogicalResourceId, ResourceStatusReason]" --output text`;
  if (!stack) return ok(`the stack ${name} is not deployed yet: npx sls deploy --stage ${stage}`);
  const { StackStatus: status } = stack;
  if (/FAILED|^ROLLBACK_COMPLETE$/.test(status)) return problem(`the stack ${name} is in the state ${status}`, why);
  if (status.endsWith("_IN_PROGRESS")) return problem(`the stack ${name} is being changed: ${status}`, why);
  if (!isDeployed) return problem(`the stack ${name} has no table: its deploy failed, or is not anamo's`, why);
  return ok(`the stack ${name} is deployed (${status})`);
}
