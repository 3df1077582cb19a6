/** The last part of some output as text of at most so many bytes, cut between characters; wrong UTF-8 shows as `�`. */
export function tailText(output: Buffer, maxBytes: number): string {
  const text = withoutHalfCharacter(output.subarray(Math.max(0, output.length - maxBytes))).toString();
  const bytes = Buffer.from(text);
  // Each wrong byte became three.
  return bytes.length <= maxBytes ? text : withoutHalfCharacter(bytes.subarray(bytes.length - maxBytes)).toString();
}

/** How many bytes of the tails each stream gets: half each, and what one does not use goes to the other. */
export function shareTail(stdoutBytes: number, stderrBytes: number, total: number): { stdout: number; stderr: number } {
  const half = Math.floor(total / 2);
  const stderr = Math.min(stderrBytes, Math.max(half, total - stdoutBytes));
  return { stdout: Math.min(stdoutBytes, total - stderr), stderr };
}

function withoutHalfCharacter(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  // More than three in a row are no character at all, but something else that may be shown as it is.
  return ((bytes[start] ?? 0) & 0xc0) === 0x80 ? bytes : bytes.subarray(start);
}
