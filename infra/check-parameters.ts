import { derive } from "./derived.ts";
import { type Place, problemsOf, RULES, type Values } from "./parameters.ts";

/** The part of the framework that is used here. */
interface Serverless {
  configurationInput: { params?: Record<string, Record<string, unknown> | undefined>; provider: { stage?: string } };
  processedInput: { commands?: string[]; options: { stage?: string; region?: string; param?: string[] } };
  classes: { Error: new (message: string, code: string) => Error };
}

type Resolve = (request: {
  address: string;
  resolveVariable: (variable: string) => Promise<unknown>;
}) => Promise<{ value: unknown }>;

/**
 * Plugin that rejects wrong parameters before anything is packaged or deployed, with their names, what was expected and
 * what was found. It also resolves `${derived:…}` in serverless.yml.
 */
export default class CheckParameters {
  readonly hooks: Record<string, () => void>;
  readonly configurationVariablesSources: Record<string, { resolve: Resolve }>;

  constructor(serverless: Serverless) {
    // checks now, before the framework validates its own configuration with messages that do not name a parameter
    check(serverless, (value) => !isPending(value));
    this.hooks = {
      initialize: () => {
        check(serverless, () => true);
        const note = regionNote(serverless.processedInput, process.env);
        if (note) process.stderr.write(note);
      },
    };
    this.configurationVariablesSources = {
      derived: {
        resolve: async ({ address, resolveVariable }) => {
          const names = Object.keys(RULES);
          const values = names.map(async (name) => [name, text(await resolveVariable(`param:${name}`))] as const);
          const region = text(await resolveVariable("self:provider.region"));
          return { value: derive(address, { ...Object.fromEntries(await Promise.all(values)), region }) };
        },
      },
    };
  }
}

function check(serverless: Serverless, isToCheck: (value: string) => boolean): void {
  const values = valuesOf(serverless);
  const filled = Object.entries(values).map(([name, value]) => [name, fillIn(value)] as const);
  const known = Object.fromEntries(filled.filter(([, value]) => isToCheck(value)));
  const problems = problemsOf(known, placeOf(serverless));
  if (problems.length === 0) return;
  const lines = problems.map((problem) => `  ${problem}`);
  throw new serverless.classes.Error(["Wrong parameters:", ...lines].join("\n"), "WRONG_PARAMETERS");
}

/**
 * What to say if nobody has named a region: in a new terminal the default would create a second stack far from the
 * first, or find none to change.
 */
export function regionNote(
  { commands: [command = "", of] = [], options: { region } }: Serverless["processedInput"],
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const isRemote = ["deploy", "remove", "invoke", "info", "logs"].includes(command) && of !== "local";
  if (region || env.AWS_REGION || !isRemote) return undefined;
  return "No region is named, so this is about us-east-1. Another one: --region, or AWS_REGION.\n";
}

/** The stage, and the region as in serverless.yml. */
function placeOf({ configurationInput, processedInput }: Serverless): Place {
  const { stage = configurationInput.provider.stage ?? "dev", region } = processedInput.options;
  return { stage, region: region || process.env.AWS_REGION || "us-east-1" };
}

/** In the framework's order: the command line, then the stage, then the defaults. */
function valuesOf({ configurationInput, processedInput }: Serverless): Values {
  const { params = {}, provider } = configurationInput;
  const { stage = provider.stage ?? "dev", param = [] } = processedInput.options;
  const ofCommandLine = param.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]);
  const all = { ...params.default, ...params[stage], ...Object.fromEntries(ofCommandLine) };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, text(value)]));
}

function text(value: unknown): string {
  return String(value ?? "").trim();
}

/** Replaces variables that CloudFormation fills in with typical values. */
function fillIn(value: string): string {
  return value.replaceAll("${AWS::AccountId}", "123456789012").replaceAll("${AWS::Region}", "us-east-1");
}

/** Whether a value contains a variable that the framework resolves later, such as one from SSM. */
function isPending(value: string): boolean {
  return value.includes("${");
}
