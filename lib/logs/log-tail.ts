/** The end of some output as text of at most `maxBytes`, cut between characters; invalid UTF-8 becomes `�`. */
function tailText(output: Buffer, maxBytes: number): string {
  const text = lastBytes(output, maxBytes).toString();
  // Each invalid byte may have become three.
  return Buffer.byteLength(text) <= maxBytes ? text : lastBytes(Buffer.from(text), maxBytes).toString();
}

/** The ends of two streams within `maxBytes`: half for each, plus what the other does not need. */
export function shareRoom(stdout: Buffer, stderr: Buffer, maxBytes: number): { stdout: string; stderr: string } {
  const stderrTail = tailText(stderr, Math.max(Math.floor(maxBytes / 2), maxBytes - stdout.length));
  return { stdout: tailText(stdout, maxBytes - Buffer.byteLength(stderrTail)), stderr: stderrTail };
}

function lastBytes(bytes: Buffer, count: number): Buffer {
  if (bytes.length <= count) return bytes;
  const last = bytes.subarray(bytes.length - count);
  const isContinuation = (at: number) => ((last[at] ?? 0) & 0xc0) === 0x80;
  let start = 0;
  while (start < 4 && isContinuation(start)) start++;
  // A character has at most three continuation bytes. Four or more in a row are not UTF-8, so there is nothing to cut
  // off.
  return start < 4 ? last.subarray(start) : last;
}
