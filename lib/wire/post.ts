import { Agent, type IncomingMessage, request } from "node:http";
import type Https from "node:https";
import { SOCKETS, TIME_OUTS } from "../aws-config.ts";

/** The address of the table's service. */
export interface Endpoint {
  protocol: string;
  hostname: string;
  port?: number | undefined;
}

/** A reply of any status, read to its end. */
export interface Reply {
  status: number;
  /** the `Date` header */
  date: string | undefined;
  requestId: string | undefined;
  text: string;
}

interface Way {
  agent: Agent;
  request: typeof request;
}

/** Sends POST requests over connections that it keeps open. */
export class Poster {
  readonly #timeoutMs: number;
  readonly #http: Way = { agent: new Agent(SOCKETS), request };
  #https: Way | undefined;

  constructor({ timeoutMs }: { timeoutMs: number }) {
    this.#timeoutMs = timeoutMs;
  }

  /** Rejects if there is no complete reply in time, or no connection within 5 s. */
  post({ protocol, hostname: name, port }: Endpoint, headers: Record<string, string>, body: string): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const way = protocol === "https:" ? this.#overTls() : this.#http;
    // an IPv6 address is in brackets, as in a URL
    const hostname = name.startsWith("[") ? name.slice(1, -1) : name;
    const sent = way.request({
      agent: way.agent,
      hostname,
      port,
      path: "/",
      method: "POST",
      headers: { ...headers, "content-length": String(Buffer.byteLength(body)) },
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    const giveUp = () => {
      const error = new Error(`no reply in ${this.#timeoutMs} ms`);
      sent.destroy(error);
      // a request that is already destroyed, or whose reply has begun, may emit no event
      fail(error);
    };
    const timer = setTimeout(giveUp, this.#timeoutMs);
    sent.on("error", fail);
    // such as after a reply of 101, which causes neither an error nor a response
    sent.on("close", () => fail(new Error("no whole reply")));
    sent.on("socket", (socket) => {
      if (!socket.connecting) return;
      const connecting = setTimeout(() => sent.destroy(new Error("no connection")), TIME_OUTS.connectionTimeout);
      socket.once("connect", () => clearTimeout(connecting));
      socket.once("close", () => clearTimeout(connecting));
    });
    sent.on("response", (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("error", fail);
      response.on("end", () => {
        clearTimeout(timer);
        const { date, "x-amzn-requestid": requestId } = response.headers;
        resolve({ status: response.statusCode ?? 0, date, requestId: requestId?.toString(), text });
      });
    });
    sent.end(body);
    return promise;
  }

  /** Closes the connections. */
  close(): void {
    this.#http.agent.destroy();
    this.#https?.agent.destroy();
  }

  /** Loads TLS, which takes 20 ms of CPU, only when needed: an embedded stack is reached without it. */
  #overTls(): Way {
    if (this.#https) return this.#https;
    const https: typeof Https = process.getBuiltinModule("node:https");
    this.#https = { agent: new https.Agent(SOCKETS), request: https.request };
    return this.#https;
  }
}
