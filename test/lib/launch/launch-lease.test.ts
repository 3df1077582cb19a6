import { SubmitJobCommand } from "@aws-sdk/client-batch";
import { expect, onTestFinished, test, vi } from "vitest";
import { batchClient } from "../../../lib/batch-client.ts";
import { launch } from "../../../lib/launch/launch.ts";
import { LAUNCH_LEASE_MS, LaunchLease } from "../../../lib/launch/launch-lease.ts";
import { drain } from "../../../lib/settings/drain.ts";
import { stoppedClock, testTable } from "../../support/env.ts";
import { addItems, newItem } from "../../support/items.ts";
import { targetOn } from "../../support/launches.ts";

test("one launch at a time has the lease, until it runs out", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const [first, second] = [new LaunchLease(table), new LaunchLease(table)];
  await first.take();
  expect(await second.take()).toBe("busy");
  clock.advance(LAUNCH_LEASE_MS);
  expect(await second.take()).toBe("busy");
  clock.advance(1);
  expect(typeof (await second.take())).toBe("object");
});

test("a launch whose lease ran out neither renews nor releases that of the one that took over", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const [late, second, third] = [new LaunchLease(table), new LaunchLease(table), new LaunchLease(table)];
  await late.take();
  clock.advance(LAUNCH_LEASE_MS + 1);
  await second.take();
  expect(await late.renew()).toBe("busy");
  await late.release();
  expect(await third.take()).toBe("busy");
});

test("no launch takes or renews the lease of a table that drains, unless it ends the draining", async () => {
  const clock = stoppedClock();
  const table = await testTable(clock);
  const [first, second] = [new LaunchLease(table), new LaunchLease(table)];
  await first.take();
  await drain(table, "ada@lab");
  expect(await first.renew()).toBe("draining");
  clock.advance(LAUNCH_LEASE_MS + 1);
  expect(await second.take()).toBe("draining");
  expect(typeof (await second.take({ lift: true }))).toBe("object");
});

test("a launch submits nothing if the table was stopped while it counted", async () => {
  const table = await testTable();
  await addItems(table, [newItem("A")]);
  const batch = batchClient({ AWS_REGION: "us-east-1" });
  onTestFinished(() => batch.destroy());
  const submitted: unknown[] = [];
  vi.spyOn(batch, "send").mockImplementation(async (command) => {
    if (command instanceof SubmitJobCommand) submitted.push(command.input);
    else await drain(table, "ada@lab");
    return { jobId: "a job", jobs: [], jobSummaryList: [] };
  });
  expect(await launch(table, targetOn(batch))).toMatchObject({ launched: 0, limit: "draining" });
  expect(submitted).toEqual([]);
});
