import { join } from "node:path";
import { expect, test } from "vitest";
import { watchedPlace } from "../../../cli/events/watch-events.ts";
import { pauseStep } from "../../../lib/settings/pause-step.ts";
import { testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";
import { anamoOn } from "../../support/on-table.ts";
import { linesOf, testFolder } from "../../support/worker.ts";

test("watch --on-event tells a command each piece of news once, and still prints its looks", async () => {
  const [table, dir] = [await testTable(), await testFolder()];
  await addItems(table, [newItem("A", { step: "align" })]);
  await pauseStep(table, "align", { by: "ann@lab", why: "a new index" });
  const told = join(dir, "told.txt");
  const command = `cat >/dev/null; echo "$ANAMO_EVENTS $ANAMO_STEP" >>'${told}'`;
  const watched = await anamoOn(table, ["watch", "--every", "0.01", "--count", "3", "--on-event", command]);
  expect(watched).toMatchObject({ exitCode: 0, stderr: "" });
  expect(watched.stdout.trimEnd().split("\n")).toHaveLength(3);
  expect(await linesOf(told)).toEqual(["step-paused align"]);
  const nested = await anamoOn(table, ["watch", "--nested", "--on-event", "true"]);
  expect(nested).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("cannot be used with") });
});

test("the commands in its messages name the region and the profile that watch was given", () => {
  const variables = { AWS_REGION: "us-east-1", AWS_PROFILE: "other", ANAMO_BUCKET: "b" };
  const at = { table: "anamo-lab", region: "eu-west-2", profile: "lab" };
  expect(watchedPlace(at, variables)).toMatchObject({
    target: ["--table", "anamo-lab", "--region", "eu-west-2", "--profile", "lab"],
    bucket: ["--bucket", "b"],
  });
  const { target } = watchedPlace({ table: "anamo-lab" }, variables);
  expect(target).toEqual(["--table", "anamo-lab", "--region", "us-east-1", "--profile", "other"]);
});
