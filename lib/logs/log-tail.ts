/** The last part of some output as text of at most so many bytes, cut between characters; wrong UTF-8 shows as `�`. */
function tailText(output: Buffer, maxBytes: number): string {
  const text = lastBytes(output, maxBytes).toString();
  // Each wrong byte may have become three.
  return Buffer.byteLength(text) <= maxBytes ? text : lastBytes(Buffer.from(text), maxBytes).toString();
}

/** The tails of two streams in so many bytes: half for each, and what one does not use goes to the other. */
export function shareRoom(stdout: Buffer, stderr: Buffer, maxBytes: number): { stdout: string; stderr: string } {
  const stderrTail = tailText(stderr, Math.max(Math.floor(maxBytes / 2), maxBytes - stdout.length));
  return { stdout: tailText(stdout, maxBytes - Buffer.byteLength(stderrTail)), stderr: stderrTail };
}

function lastBytes(bytes: Buffer, count: number): Buffer {
  if (bytes.length <= count) return bytes;
  const last = bytes.subarray(bytes.length - count);
  const isInner = (at: number) => ((last[at] ?? 0) & 0xc0) === 0x80;
  let start = 0;
  while (start < 4 && isInner(start)) start++;
  // A character has three inner bytes at most: more in a row are no characters, and may be shown as what they are.
  return start < 4 ? last.subarray(start) : last;
}
