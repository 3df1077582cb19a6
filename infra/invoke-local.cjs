/**
 * `sls invoke local` puts what serverless.yml says of the environment over the caller's, and asks CloudFormation for
 * what it cannot know. With this, variables that the caller has set go first, so that the functions run against the
 * local stack: eval "$(anamo local env)" && npx sls invoke local -f summarize
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
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, process.env[name] ?? value]));
}
