/**
 * `sls invoke local` lets the environment of serverless.yml override the caller's, and asks CloudFormation for values
 * that it does not know. With this plugin the caller's variables win, so that the functions run on the local stack:
 * eval "$(anamo local env)" && npx sls invoke local -f summarize
 */
module.exports = class InvokeLocal {
  constructor(serverless, options) {
    this.hooks = {
      initialize: () => {
        if (serverless.processedInput.commands.join(" ") !== "invoke local") return;
        const { provider } = serverless.service;
        const lambda = serverless.service.getFunction(options.function);
        lambda.environment = withCallersFirst({ ...provider.environment, ...lambda.environment });
      },
    };
  }
};

function withCallersFirst(environment) {
  const entries = Object.entries(environment).map(([name, value]) => [name, process.env[name] ?? value]);
  // sls cannot tell which branch of an Fn::If a deployed stack uses, and fails
  return Object.fromEntries(entries.filter(([, value]) => !value?.["Fn::If"]));
}
