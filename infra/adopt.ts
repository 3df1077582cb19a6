/** The part of the framework that is used here. */
interface Serverless {
  configurationInput: { params?: Record<string, Record<string, unknown> | undefined>; provider: { stage?: string } };
  processedInput: { options: { stage?: string; param?: string[] } };
  pluginManager: { plugins: object[] };
}

type MakeParams = (options: { changeSetType?: string }) => Record<string, unknown>;

/**
 * Plugin for `--param adopt=yes`: the stack takes over the table and the bucket that an earlier stack left behind,
 * instead of failing because they exist. CloudFormation calls this ImportExistingResources; it works for resources with
 * a name and a DeletionPolicy that retains them.
 */
export default class Adopt {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: Serverless) {
    this.hooks = {
      "before:aws:deploy:deploy:createStack": () => {
        if (isAsked(serverless)) for (const plugin of serverless.pluginManager.plugins) adoptWith(plugin);
      },
    };
  }
}

/** Changes only updates: the first change set of a new stack creates nothing but the framework's own bucket. */
function adoptWith(plugin: object): void {
  if (!("getCreateChangeSetParams" in plugin)) return;
  const make = plugin.getCreateChangeSetParams as MakeParams;
  const adopting: MakeParams = function (this: object, options) {
    const params = make.call(this, options);
    return options.changeSetType === "UPDATE" ? { ...params, ImportExistingResources: true } : params;
  };
  Object.assign(plugin, { getCreateChangeSetParams: adopting });
}

function isAsked({ configurationInput: { params = {}, provider }, processedInput: { options } }: Serverless): boolean {
  const { stage = provider.stage ?? "dev", param = [] } = options;
  const mismatch = param.findLast((text) => text.startsWith("adopt="))?.slice("adopt=".length);
  return (mismatch ?? params[stage]?.adopt ?? params.default?.adopt) === "yes";
}
