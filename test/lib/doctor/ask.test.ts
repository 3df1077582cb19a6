import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { askByAwsCli } from "../../../lib/doctor/ask.ts";
import { testFolder } from "../../support/worker.ts";

test("the AWS CLI's answers and refusals are understood", async () => {
  const folder = await testFolder();
  const script = `#!/bin/sh
case "$*" in
  *--region\\ eu-west-2*) ;;
  *) exit 9 ;;
esac
if [ "$2" = get-role ]; then
  echo "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name x cannot be found." >&2
  exit 254
fi
[ "$2" = silent ] || echo '{"Vpcs": []}'`;
  await writeFile(join(folder, "aws"), script);
  await chmod(join(folder, "aws"), 0o755);
  const ask = askByAwsCli({ region: "eu-west-2", env: { PATH: `${folder}:/bin:/usr/bin` } });
  expect(await ask(["ec2", "describe-vpcs"])).toEqual({ ok: true, json: { Vpcs: [] } });
  expect(await ask(["s3api", "silent"])).toEqual({ ok: true, json: {} });
  expect(await ask(["iam", "get-role"])).toEqual({
    ok: false,
    code: "NoSuchEntity",
    message: "The role with name x cannot be found.",
    call: ["iam", "get-role", "--region", "eu-west-2"],
  });
  const without = askByAwsCli({ region: "eu-west-2", env: { PATH: join(folder, "nothing") } });
  await expect(without(["ec2", "describe-vpcs"])).rejects.toThrow("the AWS CLI is not installed");
});
