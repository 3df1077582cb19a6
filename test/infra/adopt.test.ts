import { expect, test } from "vitest";
import Adopt from "../../infra/adopt.ts";
import { templateOf } from "../support/templates.ts";

/** The framework, with its plugin that creates change sets. */
function framework(param: string[], params = {}) {
  const deploy = {
    stack: "anamo-lab",
    getCreateChangeSetParams({ changeSetType }: { changeSetType?: string }) {
      return { StackName: this.stack, ChangeSetType: changeSetType };
    },
  };
  const serverless = {
    configurationInput: { params, provider: {} },
    processedInput: { options: { stage: "lab", param } },
    pluginManager: { plugins: [{}, deploy] },
  };
  const { hooks } = new Adopt(serverless);
  for (const hook of Object.values(hooks)) hook();
  return (changeSetType: string) => deploy.getCreateChangeSetParams({ changeSetType });
}

test("with adopt=yes the stack takes over what an earlier one left behind", () => {
  for (const make of [framework(["adopt=yes"]), framework([], { lab: { adopt: "yes" } })]) {
    expect(make("UPDATE")).toEqual({ StackName: "anamo-lab", ChangeSetType: "UPDATE", ImportExistingResources: true });
    // this one creates nothing but the framework's bucket
    expect(make("CREATE")).toEqual({ StackName: "anamo-lab", ChangeSetType: "CREATE" });
  }
});

test("without it, it does not", () => {
  const make = framework(["adopt=no"], { default: { adopt: "yes" } });
  expect(make("UPDATE")).toEqual({ StackName: "anamo-lab", ChangeSetType: "UPDATE" });
});

test("what outlives a stack can be adopted: it has a name, and a policy that keeps it", async () => {
  const { Resources } = await templateOf();
  const kept = Object.entries(Resources).filter(([, { DeletionPolicy = "Delete" }]) => DeletionPolicy !== "Delete");
  expect(Object.fromEntries(kept.map(([id, { DeletionPolicy }]) => [id, DeletionPolicy]))).toEqual({
    Table: "RetainExceptOnCreate",
    Bucket: "RetainExceptOnCreate",
  });
  expect(Resources.Table?.Properties.TableName).toBe("anamo-dev");
  expect(Resources.Bucket?.Properties.BucketName).toEqual({
    "Fn::Sub": "anamo-dev-${AWS::AccountId}-${AWS::Region}",
  });
});
