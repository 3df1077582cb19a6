import { createServer } from "node:http";
import { expect, type Mock, onTestFinished, test, vi } from "vitest";
import { closeServer, listenOnLoopback } from "../../local/loopback.ts";
import { isOnEc2, watchForReclaim } from "../../worker/spot-notice.ts";
import { stoppedClock } from "../support/env.ts";

const NOTICE = { action: "terminate", time: "2030-01-01T00:02:00Z" };

/** A metadata service like that of an EC2 instance, which only accepts tokens that it has issued (IMDSv2). */
async function metadataService() {
  const state = { notice: undefined as object | undefined, tokens: 0, isAway: false };
  const server = createServer((request, reply) => {
    if (state.isAway) return void request.socket.destroy();
    if (request.method === "PUT" && request.url === "/latest/api/token") {
      expect(request.headers["x-aws-ec2-metadata-token-ttl-seconds"]).toBe("21600");
      state.tokens += 1;
      return void reply.end(`token ${state.tokens}`);
    }
    if (request.headers["x-aws-ec2-metadata-token"] !== `token ${state.tokens}`) {
      return void reply.writeHead(401).end();
    }
    expect(request.url).toBe("/latest/meta-data/spot/instance-action");
    if (state.notice) reply.end(JSON.stringify(state.notice));
    else reply.writeHead(404).end("<html>no</html>");
  });
  const endpoint = await listenOnLoopback(server, 0);
  onTestFinished(() => closeServer(server));
  const clock = stoppedClock();
  const [onNotice, onBlind] = [vi.fn<(why: string, atMs: number) => void>(), vi.fn<(why: string) => void>()];
  const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: endpoint };
  const end = watchForReclaim({ env, timers: clock.timers, onNotice, onBlind });
  onTestFinished(end);
  /** Lets 5 s pass, once the last question is answered. */
  const next = async () => {
    await vi.waitFor(() => expect(clock.dueInMs()).toEqual([5_000]), 20_000);
    clock.advance(5_000);
  };
  /** Lets time pass until this has been called. */
  const until = (told: Mock) =>
    vi.waitFor(() => {
      clock.advance(5_000);
      expect(told).toHaveBeenCalled();
    }, 20_000);
  return { state, clock, onNotice, onBlind, next, until };
}

test("a worker on EC2 asks every 5 s, and hears of the reclaim of its host once", async () => {
  const { state, clock, onNotice, next } = await metadataService();
  await next();
  await next();
  expect(onNotice).not.toHaveBeenCalled();
  expect(state.tokens).toBe(1);
  await vi.waitFor(() => expect(clock.dueInMs()).toEqual([5_000]), 20_000);
  state.notice = NOTICE;
  clock.advance(5_000);
  await vi.waitFor(() => expect(onNotice).toHaveBeenCalled(), 20_000);
  const why = "its spot instance is about to go (terminate at 2030-01-01T00:02:00Z)";
  expect(onNotice.mock.calls).toEqual([[why, Date.UTC(2030, 0, 1, 0, 2)]]);
  expect(clock.dueInMs()).toEqual([]);
});

test("an expired token is replaced", async () => {
  const { state, onNotice, next, until } = await metadataService();
  await next();
  state.tokens += 1;
  state.notice = NOTICE;
  await until(onNotice);
  expect(state.tokens).toBeGreaterThan(2);
});

test("a metadata service that cannot be reached for a minute is reported once, and asked no more", async () => {
  const { state, clock, onBlind, until } = await metadataService();
  state.isAway = true;
  await until(onBlind);
  expect(onBlind).toHaveBeenCalledOnce();
  expect(clock.dueInMs()).toEqual([]);
});

test("only containers on EC2 hosts ask: on Fargate, ECS sends SIGTERM", () => {
  expect(isOnEc2({ AWS_EXECUTION_ENV: "AWS_ECS_EC2" })).toBe(true);
  expect(isOnEc2({ AWS_EXECUTION_ENV: "AWS_ECS_FARGATE" })).toBe(false);
  expect(isOnEc2({})).toBe(false);
});
