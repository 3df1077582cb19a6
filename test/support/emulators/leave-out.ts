import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Resource, ServiceCopy } from "../sls.ts";

/**
 * Makes `sls` omit resources from the template that an emulator cannot create. `isToLeaveOut` runs inside `sls`, so it
 * can use nothing but its argument. Throws if there is no such resource: either the emulator now supports it, or it is
 * gone from the template.
 */
export async function leaveOut(service: ServiceCopy, isToLeaveOut: (resource: Resource) => boolean): Promise<void> {
  await service.write("leave-out.cjs", plugin(isToLeaveOut));
  const text = await readFile(join(service.dir, "serverless.yml"), "utf8");
  await service.write("serverless.yml", text.replace("\nplugins:\n", "\nplugins:\n  - ./leave-out.cjs\n"));
}

function plugin(isToLeaveOut: (resource: Resource) => boolean): string {
  return `module.exports = class LeaveOut {
  constructor(serverless) {
    this.hooks = {
      "after:aws:package:finalize:mergeCustomProviderResources": () => {
        const { Resources } = serverless.service.provider.compiledCloudFormationTemplate;
        const names = Object.keys(Resources).filter((name) => (${isToLeaveOut})(Resources[name]));
        if (names.length === 0) throw new Error("there is nothing to leave out");
        for (const name of names) delete Resources[name];
      },
    };
  }
};
`;
}
