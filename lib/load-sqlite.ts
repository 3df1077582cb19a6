/** Loads `node:sqlite`. Node.js 22 and 23 warn that it is experimental: that warning is left out. */
export async function loadSqlite(): Promise<typeof import("node:sqlite")> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await import("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
