/** For each full stream, a promise that settles when it has room: several writers may wait for one stream. */
const full = new WeakMap<NodeJS.WriteStream, Promise<void>>();

/** Writes to stdout and waits while it is full, so that a list of any length stays out of memory. */
export async function writeOut(text: string | Uint8Array): Promise<void> {
  const { stdout } = process;
  if (text.length === 0 || stdout.write(text)) return;
  const room = full.get(stdout) ?? roomOn(stdout);
  full.set(stdout, room);
  await room;
}

function roomOn(stdout: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const goOn = () => {
      stdout.off("drain", goOn).off("error", goOn);
      full.delete(stdout);
      resolve();
    };
    // a pipe whose reader is gone never drains, so let the writer continue and end
    stdout.on("drain", goOn).on("error", goOn);
  });
}
