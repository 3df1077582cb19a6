import type { Cause } from "../items/states.ts";

/** What Batch says of an attempt that has ended. Any of it may be missing. */
export interface BatchWords {
  /** `statusReason` of the attempt or the job */
  statusReason?: string;
  /** `reason` of the container */
  containerReason?: string;
  exitCode?: number;
  /** somebody, or a rule of somebody's, ended the job */
  isTerminated?: boolean;
}

/** Why a worker's job ended, and one sentence for a person. */
export interface EndReason {
  cause: Cause;
  message: string;
}

interface Rule {
  applies: (words: BatchWords, text: string) => boolean;
  cause: Cause;
  message: (words: BatchWords, text: string) => string;
}

const says = (pattern: RegExp) => (_: BatchWords, text: string) => pattern.test(text);
const because = (sentence: string) => (_: BatchWords, text: string) => (text ? `${sentence}: ${text}` : `${sentence}.`);

/**
 * The first that applies counts. Batch has no codes for these, only the texts; collected from its documentation and
 * from what users of other workflow engines report. An exit code may be missing (the host is gone), and may even be 0.
 */
const RULES: readonly Rule[] = [
  {
    applies: says(/OutOfMemoryError/i),
    cause: "oom",
    message: () => "The worker's container was killed because it used more memory than its job has.",
  },
  {
    applies: says(/\bHost EC2/i),
    cause: "interrupted",
    message: (_, text) =>
      `The EC2 instance${instanceIn(text)} of the worker went away: a spot reclaim, or it was ended.`,
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
    applies: (words, text) => words.isTerminated === true || /cancell?ed by|terminated by|^user /i.test(text),
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
    message: () => "The worker's Batch job ended as if all were well, but had not given this item back.",
  },
  {
    applies: ({ exitCode }) => exitCode === 137,
    cause: "lost",
    message: () => "The worker was killed with SIGKILL; Batch does not say why. Too little memory is a usual reason.",
  },
  {
    applies: ({ exitCode }) => exitCode !== undefined,
    cause: "lost",
    message: ({ exitCode }) => `The worker ended with exit code ${exitCode} in the middle of this item.`,
  },
];

/** Tells why an attempt of a Batch job ended from the words that Batch has for it. */
export function endReason(words: BatchWords): EndReason {
  const text = [...new Set([words.statusReason, words.containerReason])].filter(Boolean).join("; ");
  const rule = RULES.find(({ applies }) => applies(words, text));
  if (rule) return { cause: rule.cause, message: rule.message(words, text) };
  return { cause: "lost", message: because("The worker's Batch job ended without an exit code")(words, text) };
}

function instanceIn(text: string): string {
  const found = /\bi-[0-9a-f]{8,}\b/.exec(text);
  return found ? ` ${found[0]}` : "";
}
