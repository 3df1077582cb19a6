/** Writes to stdout and waits while it is full, so that a list of any length stays out of memory. */
export async function writeOut(text: string | Uint8Array): Promise<void> {
  if (text.length === 0 || process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
}
