import { join } from "node:path";
import type { LocalServer } from "../../../local/loopback.ts";
import { loopbackEnv, NODE_LOOPBACK_ONLY } from "./environment.ts";
import { fetchPython } from "./fetch.ts";
import { freePort, startServer } from "./server.ts";

// MiniStack asks Node.js to find a function's module, which knows no .cjs; Lambda itself does.
const FIND_CJS = `--require ${join(import.meta.dirname, "find-cjs.cjs")}`;

/** Starts MiniStack, all its services on one endpoint, with what it keeps in `dir`. */
export async function startMiniStack(dir: string, env: Readonly<Record<string, string>> = {}): Promise<LocalServer> {
  const bin = await fetchPython();
  const port = await freePort();
  return startServer(port, "/_ministack/ready", {
    command: join(bin, "python"),
    args: ["-m", "ministack"],
    cwd: dir,
    logFile: join(dir, "ministack.log"),
    env: {
      ...loopbackEnv(dir),
      ...{ BIND_HOST: "127.0.0.1", GATEWAY_PORT: String(port), SFTP_ENABLED: "0", IOT_MTLS_ENABLED: "0" },
      NODE_OPTIONS: `${NODE_LOOPBACK_ONLY} ${FIND_CJS}`,
      ...env,
    },
  });
}
