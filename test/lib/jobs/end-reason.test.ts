import { expect, test } from "vitest";
import type { Cause } from "../../../lib/items/states.ts";
import { type EndDetails, endReason } from "../../../lib/jobs/end-reason.ts";

test.each<[string, EndDetails, Cause, RegExp]>([
  [
    "spot reclaim",
    { statusReason: "Host EC2 (instance i-0abc12345678) terminated." },
    "interrupted",
    / i-0abc12345678 /,
  ],
  [
    "host loss with exit code 0",
    { statusReason: "Host EC2 terminated.", exitCode: 0 },
    "interrupted",
    /EC2 instance went/,
  ],
  [
    "killed on a laptop",
    {
      statusReason: "Host EC2 (instance i-0abc12345678) terminated.",
      containerReason: "The worker process was killed by SIGKILL on this machine.",
    },
    "interrupted",
    /^The worker process was killed by SIGKILL on this machine\. A lack of memory/,
  ],
  ["Fargate spot", { statusReason: "Your Spot Task was interrupted.", exitCode: 143 }, "interrupted", /Fargate spot/],
  [
    "out of memory",
    {
      statusReason: "Essential container in task exited",
      containerReason: "OutOfMemoryError: Container killed due to memory usage",
      exitCode: 137,
    },
    "oom",
    /more memory/,
  ],
  ["out of memory, odd code", { containerReason: "OutOfMemoryError", exitCode: 2 }, "oom", /more memory/],
  ["time-out", { statusReason: "Job attempt duration exceeded timeout", exitCode: 137 }, "interrupted", /time-out/],
  [
    "terminated by a person",
    { statusReason: "had enough", isTerminated: true, exitCode: 1 },
    "interrupted",
    /terminated: had enough$/,
  ],
  ["terminated without a reason", { isTerminated: true }, "interrupted", /was terminated\.$/],
  [
    "stuck and canceled",
    { statusReason: "Canceled by JobStateTimeLimit action due to reason: stuck" },
    "interrupted",
    /JobStateTimeLimit/,
  ],
  [
    "image not pulled",
    { statusReason: "Task failed to start", containerReason: "CannotPullContainerError: no such image" },
    "lost",
    /did not start: Task failed to start; CannotPullContainerError: no such image$/,
  ],
  ["task not started", { statusReason: "Task failed to start" }, "lost", /did not start/],
  ["Docker hung", { containerReason: "DockerTimeoutError: Could not transition" }, "lost", /lost track.*DockerTimeout/],
  ["not inspected", { containerReason: "CannotInspectContainerError: x", exitCode: 0 }, "lost", /lost track/],
  ["SIGTERM", { statusReason: "Essential container in task exited", exitCode: 143 }, "interrupted", /SIGTERM/],
  ["success", { statusReason: "Essential container in task exited", exitCode: 0 }, "lost", /ended successfully/],
  ["SIGKILL", { statusReason: "Essential container in task exited", exitCode: 137 }, "lost", /SIGKILL/],
  ["a crash", { statusReason: "Essential container in task exited", exitCode: 1 }, "lost", /exit code 1 /],
  ["something new", { statusReason: "Cosmic ray" }, "lost", /without an exit code: Cosmic ray$/],
  ["nothing", {}, "lost", /without an exit code\.$/],
])("%s", (_, details, cause, sentence) => {
  const reason = endReason(details);
  expect(reason.cause).toBe(cause);
  expect(reason.message).toMatch(sentence);
});
