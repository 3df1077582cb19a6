let watched = false;

/** Writes to stdout and waits while it is full, so that a list of any length stays out of memory. */
export async function writeOut(text: string | Uint8Array): Promise<void> {
  watchForClosing();
  if (text.length === 0 || process.stdout.write(text)) return;
  await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
}

/** Whoever reads has seen enough (`| head`): there is nothing left to do, and nothing wrong. */
function watchForClosing(): void {
  if (watched) return;
  watched = true;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}
