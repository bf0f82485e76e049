import autocannon from 'autocannon';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { KEY_LENGTH } from '../sides/route.mjs';

/** The answer that every side must give, so that none is fast by answering wrong. */
const BODY = JSON.stringify({ length: KEY_LENGTH });
const REQUESTS_A_CONNECTION = 200;

/**
 * Requests of random callers, over so many connections, each of which asks again when it is answered.
 *
 * @param {string} url
 * @param {{ connections: number, seconds: number, headers: () => Record<string, string> }} options
 * @returns {Promise<{ throughput: number, p50: number, p99: number }>} Requests a second, and milliseconds.
 */
export async function load(url, { connections, seconds, headers }) {
  const result = await autocannon({
    url: `${url}/key`,
    connections,
    duration: seconds,
    expectBody: BODY,
    setupClient: (client) =>
      client.setRequests(Array.from({ length: REQUESTS_A_CONNECTION }, () => ({ path: '/key', headers: headers() }))),
  });
  const wrong = result.non2xx + result.errors + result.timeouts + result.mismatches;
  if (wrong > 0) throw new Error(`${wrong} of ${result.requests.total} answers were wrong`);
  return {
    throughput: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
  };
}

/** Microseconds of each of so many requests over one connection, one after the other. */
export async function latencies(url, { requests, headers }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took = [];
  for (let i = 0; i < requests; i++) {
    const begun = performance.now();
    const body = await ask(`${url}/key`, agent, headers());
    took.push((performance.now() - begun) * 1_000);
    if (body !== BODY) throw new Error('An answer was wrong');
  }
  agent.destroy();
  return took;
}

/** The body of the answer; `onHeaders` is given what came before it. */
export function ask(url, agent, headers, onHeaders = () => {}) {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      onHeaders(response.headers);
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve(body));
      response.on('error', reject);
    }).on('error', reject);
  });
}

/** Milliseconds of each answer while something else is done, at so many requests a second over so many connections. */
export async function timings(url, { connections, rate, headers, meanwhile }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const took = [];
  let isOver = false;
  const every = (connections * 1_000) / rate;
  const client = async (i) => {
    const first = performance.now() + (i * 1_000) / rate;
    for (let n = 0; !isOver; n++) {
      // Measured from when it was due, so that one slow answer does not hide those that waited behind it.
      const due = first + n * every;
      const wait = due - performance.now();
      if (wait > 0) await sleep(wait);
      const body = await ask(`${url}/key`, agent, headers());
      took.push(performance.now() - due);
      if (body !== BODY) throw new Error('An answer was wrong');
    }
  };
  const clients = Array.from({ length: connections }, (_, i) => client(i));
  try {
    await Promise.all([Promise.all(clients), Promise.resolve(meanwhile()).finally(() => (isOver = true))]);
  } finally {
    isOver = true;
    await Promise.allSettled(clients);
    agent.destroy();
  }
  return took;
}
