import { expect, test } from "vitest";
import { scriptEnv } from "../../worker/script-env.ts";

const WORKER = {
  PATH: "/bin",
  AWS_REGION: "eu-west-2",
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/1",
  AWS_ACCESS_KEY_ID: "key",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "token",
};

test("scripts have the worker's variables, or without credentials all but those in which SDKs find them", () => {
  expect(scriptEnv(WORKER)).toEqual(WORKER);
  expect(scriptEnv(WORKER, "none")).toEqual({
    PATH: "/bin",
    AWS_REGION: "eu-west-2",
    // or the SDKs would ask an EC2 host for its role
    AWS_EC2_METADATA_DISABLED: "true",
  });
});
