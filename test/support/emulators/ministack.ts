import { join } from "node:path";
import { LOOPBACK, type LocalServer } from "../../../local/loopback.ts";
import type { Certificate } from "./certificate.ts";
import { loopbackEnv, NODE_LOOPBACK_ONLY } from "./environment.ts";
import { fetchPython } from "./fetch.ts";
import { freePort, startServer } from "./server.ts";

// MiniStack lets Node.js resolve a function's module, but Node.js does not try .cjs, as Lambda does.
const FIND_CJS = `--require ${join(import.meta.dirname, "find-cjs.cjs")}`;

/** Options of {@link startMiniStack}. */
interface MiniStackOptions {
  /** if given, the endpoint accepts only TLS */
  certificate?: Certificate;
  /** additional environment variables */
  env?: Readonly<Record<string, string>>;
}

/** Starts MiniStack, with all its services on one endpoint and its data in `dir`. */
export async function startMiniStack(dir: string, { certificate, env }: MiniStackOptions = {}): Promise<LocalServer> {
  const python = await fetchPython();
  const port = await freePort();
  return startServer(`${certificate ? "https" : "http"}://${LOOPBACK}:${port}`, "/_ministack/ready", {
    command: python,
    args: ["-m", "ministack"],
    cwd: dir,
    logFile: join(dir, "ministack.log"),
    env: {
      ...loopbackEnv(dir),
      BIND_HOST: LOOPBACK,
      GATEWAY_PORT: String(port),
      SFTP_ENABLED: "0",
      IOT_MTLS_ENABLED: "0",
      ...(certificate && {
        USE_SSL: "1",
        MINISTACK_SSL_CERT: certificate.certificate,
        MINISTACK_SSL_KEY: certificate.key,
      }),
      NODE_OPTIONS: `${NODE_LOOPBACK_ONLY} ${FIND_CJS}`,
      ...env,
    },
  });
}
