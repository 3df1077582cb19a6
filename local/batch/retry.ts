import type { EvaluateOnExit, RetryStrategy } from "@aws-sdk/client-batch";

/** What a retry strategy evaluates when an attempt has ended. */
export interface AttemptEnd {
  exitCode?: number;
  reason?: string;
  statusReason?: string;
}

// The only wildcard is a `*` at the end; a pattern without it must match the whole text.
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

/** Whether Batch would retry a failed job: the first matching rule decides; if none matches, it retries. */
export function shouldRetry(strategy: RetryStrategy | undefined, attemptsMade: number, end: AttemptEnd): boolean {
  if (attemptsMade >= (strategy?.attempts ?? 1)) return false;
  const rule = strategy?.evaluateOnExit?.find((candidate) => applies(candidate, end));
  return rule?.action?.toUpperCase() !== "EXIT";
}
