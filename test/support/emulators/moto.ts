import { join } from "node:path";
import { LOOPBACK, type LocalServer } from "../../../local/loopback.ts";
import { loopbackEnv } from "./environment.ts";
import { fetchPython } from "./fetch.ts";
import { freePort, startServer } from "./server.ts";

/** Starts moto, with all its services on one endpoint. Its Batch jobs fail, as there is no container engine. */
export async function startMoto(dir: string): Promise<LocalServer> {
  const python = await fetchPython();
  const port = await freePort();
  return startServer(`http://${LOOPBACK}:${port}`, "/moto-api/", {
    command: python,
    args: ["-m", "moto.server", "-H", LOOPBACK, "-p", String(port)],
    cwd: dir,
    logFile: join(dir, "moto.log"),
    env: loopbackEnv(dir),
  });
}
