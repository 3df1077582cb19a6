import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { promisify } from "node:util";
import { loopbackEnv } from "./environment.ts";
import { fetchPython } from "./fetch.ts";

/** A certificate and its key, as files. */
export interface Certificate {
  certificate: string;
  key: string;
}

/** Creates a certificate for 127.0.0.1 in a folder, and makes this process trust it. */
export async function makeCertificate(dir: string): Promise<Certificate> {
  const made = { certificate: join(dir, "certificate.pem"), key: join(dir, "key.pem") };
  const script = join(import.meta.dirname, "make-certificate.py");
  const python = await fetchPython();
  await promisify(execFile)(python, [script, made.certificate, made.key], { env: loopbackEnv(dir) });
  setDefaultCACertificates([...getCACertificates("default"), await readFile(made.certificate, "utf8")]);
  return made;
}
