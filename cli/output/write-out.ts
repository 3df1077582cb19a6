/** Writes to stdout and waits while it is full, so that a list of any length stays out of memory. */
export async function writeOut(text: string | Uint8Array): Promise<void> {
  const { stdout } = process;
  if (text.length === 0 || stdout.write(text)) return;
  await new Promise<void>((resolve) => {
    const goOn = () => {
      stdout.off("drain", goOn).off("error", goOn);
      resolve();
    };
    // a pipe whose reader has gone never drains: whoever writes has to hear that it is to end
    stdout.on("drain", goOn).on("error", goOn);
  });
}
