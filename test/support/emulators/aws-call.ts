/** Plain HTTP calls to services for which the repository has no SDK client. */
export class AwsCalls {
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Calls a service with a JSON API. `target` is like `AWSEvents.PutEvents`; `service` is its name in signatures. */
  async json<T = Record<string, unknown>>(service: string, target: string, input: object): Promise<T> {
    const headers = { "x-amz-target": target, "content-type": "application/x-amz-json-1.0" };
    return parsed<T>(await this.#send(service, "/", { method: "POST", headers, body: JSON.stringify(input) }));
  }

  /** Calls Lambda, which has a REST API. */
  async lambda<T = Record<string, unknown>>(method: string, path: string, input?: object): Promise<T> {
    return parsed<T>(await this.#send("lambda", path, { method, ...(input && { body: JSON.stringify(input) }) }));
  }

  /** Calls a service with the older query API, which takes a form and returns XML. */
  form(service: string, input: Readonly<Record<string, string>>): Promise<string> {
    return this.#send(service, "/", { method: "POST", body: new URLSearchParams(input) });
  }

  async #send(service: string, path: string, init: RequestInit): Promise<string> {
    // Emulators read only the service from the signature and do not check it.
    const scope = `test/20260101/us-east-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
    const reply = await fetch(this.#endpoint + path, { ...init, headers: { ...init.headers, authorization } });
    const body = await reply.text();
    if (!reply.ok) throw new Error(`${service} ${path}: ${reply.status} ${body}`);
    return body;
  }
}

function parsed<T>(body: string): T {
  return (body ? JSON.parse(body) : {}) as T;
}
