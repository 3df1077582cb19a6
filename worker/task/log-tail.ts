/** The last part of some output as text of at most so many bytes, cut between characters; wrong UTF-8 shows as `�`. */
function tailText(output: Buffer, maxBytes: number): string {
  const text = withoutHalfCharacter(output.subarray(Math.max(0, output.length - maxBytes))).toString();
  const bytes = Buffer.from(text);
  // Each wrong byte became three.
  return bytes.length <= maxBytes ? text : withoutHalfCharacter(bytes.subarray(bytes.length - maxBytes)).toString();
}

/** The tails of two streams in so many bytes: half for each, and what one does not use goes to the other. */
export function shareRoom(stdout: Buffer, stderr: Buffer, maxBytes: number): { stdout: string; stderr: string } {
  const stderrTail = tailText(stderr, Math.max(Math.floor(maxBytes / 2), maxBytes - stdout.length));
  return { stdout: tailText(stdout, maxBytes - Buffer.byteLength(stderrTail)), stderr: stderrTail };
}

function withoutHalfCharacter(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  // More than three in a row are no character at all, but something else that may be shown as it is.
  return ((bytes[start] ?? 0) & 0xc0) === 0x80 ? bytes : bytes.subarray(start);
}
