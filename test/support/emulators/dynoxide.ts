import { join } from "node:path";
import { LOOPBACK, type LocalServer } from "../../../local/loopback.ts";
import { loopbackEnv } from "./environment.ts";
import { fetchDynoxide } from "./fetch.ts";
import { freePort, startServer } from "./server.ts";

/** Starts dynoxide with its tables in memory. */
export async function startDynoxide(dir: string): Promise<LocalServer> {
  const binary = await fetchDynoxide();
  const port = await freePort();
  return startServer(`http://${LOOPBACK}:${port}`, "/", {
    command: binary,
    args: ["serve", "--host", LOOPBACK, "--port", String(port), "--log", "quiet"],
    cwd: dir,
    logFile: join(dir, "dynoxide.log"),
    env: loopbackEnv(dir),
  });
}
