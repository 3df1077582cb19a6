import type { Cause } from "../items/states.ts";

/** What Batch says about an attempt that has ended. Any field may be missing. */
export interface EndDetails {
  /** `statusReason` of the attempt or the job */
  statusReason?: string;
  /** `reason` of the container */
  containerReason?: string;
  exitCode?: number;
  /** a person or a rule ended the job */
  isTerminated?: boolean;
}

/** Why a worker's job ended, and one sentence for a person. */
export interface EndReason {
  cause: Cause;
  message: string;
}

interface Rule {
  applies: (details: EndDetails, text: string) => boolean;
  cause: Cause;
  message: (details: EndDetails, text: string) => string;
}

const LOCAL_KILL = /^The worker process was killed by SIG\w+ on this machine\.$/;

const says = (pattern: RegExp) => (_: EndDetails, text: string) => pattern.test(text);
const because = (sentence: string) => (_: EndDetails, text: string) => (text ? `${sentence}: ${text}` : `${sentence}.`);

/**
 * The first rule that applies counts. Batch has no codes for these reasons, only texts, collected here from its
 * documentation and from reports by users of other workflow engines. The exit code may be missing (the host is gone) or
 * even 0.
 */
const RULES: readonly Rule[] = [
  {
    applies: says(/OutOfMemoryError/i),
    cause: "oom",
    message: () => "The worker's container was killed because it used more memory than its job has.",
  },
  {
    // comes from the laptop's stand-in for Batch, which otherwise describes it as the loss of a host
    applies: ({ containerReason }) => LOCAL_KILL.test(containerReason ?? ""),
    cause: "interrupted",
    message: ({ containerReason = "" }) => `${containerReason} A lack of memory is a common reason.`,
  },
  {
    applies: says(/\bHost EC2/i),
    cause: "interrupted",
    message: (_, text) =>
      `The worker's EC2 instance${instanceIn(text)} went away: a spot reclaim, or it was terminated.`,
  },
  {
    applies: says(/spot task was interrupted|spot ?interruption/i),
    cause: "interrupted",
    message: () => "The worker's Fargate spot task was reclaimed.",
  },
  {
    applies: says(/job attempt duration exceeded timeout/i),
    cause: "interrupted",
    message: () => "The worker's Batch job ran longer than its time-out.",
  },
  {
    applies: says(/Cannot(?:Pull|Create|Start)Container|ResourceInitializationError|task failed to start/i),
    cause: "lost",
    message: because("The worker's container did not start"),
  },
  {
    applies: says(/CannotInspectContainer|CannotStopContainer|DockerTimeout|CgroupError|agent (?:dis|not )connected/i),
    cause: "lost",
    message: because("The host lost track of the worker's container"),
  },
  {
    applies: (details, text) => details.isTerminated === true || /cancell?ed by|terminated by|^user /i.test(text),
    cause: "interrupted",
    message: because("The worker's Batch job was terminated"),
  },
  {
    applies: ({ exitCode }) => exitCode === 143,
    cause: "interrupted",
    message: () => "The worker was stopped with SIGTERM and had no time to give its items back.",
  },
  {
    applies: ({ exitCode }) => exitCode === 0,
    cause: "lost",
    message: () => "The worker's Batch job ended successfully, but had not given this item back.",
  },
  {
    applies: ({ exitCode }) => exitCode === 137,
    cause: "lost",
    message: () => "The worker was killed with SIGKILL; Batch does not say why. A lack of memory is a common reason.",
  },
  {
    applies: ({ exitCode }) => exitCode !== undefined,
    cause: "lost",
    message: ({ exitCode }) => `The worker ended with exit code ${exitCode} while it had this item.`,
  },
];

/** Works out from Batch's description why an attempt of a Batch job ended. */
export function endReason(details: EndDetails): EndReason {
  const text = [...new Set([details.statusReason, details.containerReason])].filter(Boolean).join("; ");
  const rule = RULES.find(({ applies }) => applies(details, text));
  if (rule) return { cause: rule.cause, message: rule.message(details, text) };
  return { cause: "lost", message: because("The worker's Batch job ended without an exit code")(details, text) };
}

function instanceIn(text: string): string {
  const found = /\bi-[0-9a-f]{8,}\b/.exec(text);
  return found ? ` ${found[0]}` : "";
}
