import type { EvaluateOnExit, RetryStrategy } from "@aws-sdk/client-batch";

/** How an attempt ended, as a retry strategy looks at it. */
export interface AttemptEnd {
  exitCode?: number;
  reason?: string;
  statusReason?: string;
}

// A pattern may end in `*` and has no other wildcard; what does not end in one must be the whole text.
function matches(pattern: string, text: string): boolean {
  return pattern.endsWith("*") ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function applies(rule: EvaluateOnExit, end: AttemptEnd): boolean {
  const parts: [string | undefined, string][] = [
    [rule.onExitCode, end.exitCode === undefined ? "" : String(end.exitCode)],
    [rule.onReason, end.reason ?? ""],
    [rule.onStatusReason, end.statusReason ?? ""],
  ];
  return parts.every(([pattern, text]) => pattern === undefined || matches(pattern, text));
}

/** Whether Batch would start a failed job again: the first rule that applies decides; where none does, it is retried. */
export function shouldRetry(strategy: RetryStrategy | undefined, attemptsMade: number, end: AttemptEnd): boolean {
  if (attemptsMade >= (strategy?.attempts ?? 1)) return false;
  const rule = strategy?.evaluateOnExit?.find((candidate) => applies(candidate, end));
  return rule?.action?.toUpperCase() !== "EXIT";
}
