/**
 * Loaded by `node --require`: connecting to anything but loopback, or looking up its name, fails, and the attempt is
 * recorded in the file that ANAMO_TEST_LEAKS names.
 */
const { appendFileSync } = require("node:fs");
const dns = require("node:dns");
const net = require("node:net");

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|::ffff:127(\.\d+){3}|0\.0\.0\.0|::)$/;

function refusal(what, host) {
  appendFileSync(process.env.ANAMO_TEST_LEAKS, `${process.argv.slice(1, 2)} ${what} ${host}\n`);
  return Object.assign(new Error(`only loopback may be contacted, not ${host}`), { code: "ECONNREFUSED" });
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  // net.connect() passes its arguments as one array, already normalized
  const [first, second] = Array.isArray(args[0]) ? args[0] : args;
  const options = typeof first === "object" ? first : { port: first, host: second };
  const host =
    options.path === undefined ? (typeof options.host === "string" ? options.host : "localhost") : "localhost";
  if (LOOPBACK.test(host)) return connect.apply(this, args);
  process.nextTick(() => this.destroy(refusal("connect", host)));
  return this;
};

const lookup = dns.lookup;
dns.lookup = (host, options, done = options) =>
  host === null || LOOPBACK.test(host) ? lookup(host, options, done) : process.nextTick(done, refusal("lookup", host));
