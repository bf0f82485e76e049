import { afterEach, describe, expect, it } from '@jest/globals';
import type { Agent } from 'supertest';
import type { ByokModuleOptions } from '../../lib/index.js';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { until } from '../support/until.js';

describe.each(PLATFORMS)('The limit of writes on %s', (platform) => {
  let app: EdgeApp;

  afterEach(() => app.close());

  async function start(rateLimit: ByokModuleOptions['rateLimit'], trust = false): Promise<void> {
    app = await startEdge({
      platform,
      options: { rateLimit },
      trust: trust && 'loopback',
    });
  }
  const put = (agent: Agent) => agent.put('/byok/api/keys/openai').send({ apiKey: KEY });

  it('is 10 a minute for an owner; then 429 and when to come again, on every route that writes', async () => {
    await start({});
    const [alice, bob] = [await app.browser('alice'), await app.browser('bob')];
    for (let i = 0; i < 10; i++) await put(alice).expect(200);
    for (const test of [put(alice), alice.delete('/byok/api/keys'), alice.delete('/byok/api/keys/openai')]) {
      const { body, headers } = await test.expect(429);
      const wait = Number(headers['retry-after']);
      expect(wait).toBeGreaterThan(50);
      expect(wait).toBeLessThanOrEqual(60);
      expect(body).toEqual({
        statusCode: 429,
        code: 'BYOK_TOO_MANY_REQUESTS',
        message: `Too many changes. Try again in ${wait} s.`,
      });
      expect(headers).toMatchObject(SECURITY_HEADERS);
    }
    const form = alice.post('/byok/keys/openai').type('form').set('Accept', 'text/html').send({ api_key: KEY });
    expect((await form.expect(429)).headers['content-type']).toMatch(/^text\/html/);
    for (let i = 0; i < 15; i++) await alice.get('/byok/api/keys').expect(200);
    expect((await alice.get('/byok/api/keys')).body.keys).toHaveLength(1);
    await put(bob).expect(200);
  });

  it('is 60 a minute from an address, whoever they are, and as the platform tells addresses', async () => {
    await start({ perOwner: 1000 }, true);
    const alice = await app.browser('alice');
    const from = (address: string) => put(alice).set('X-Forwarded-For', address);
    for (let i = 0; i < 60; i++) await from('203.0.113.7').expect(200);
    await from('203.0.113.7').expect(429);
    const bob = await app.browser('bob');
    await put(bob).set('X-Forwarded-For', '203.0.113.7').expect(429);
    await from('203.0.113.8').expect(200);
    await app.close();
    // An address that the platform does not believe is not one.
    await start({ perAddress: 2 });
    const carol = await app.browser('carol');
    for (const [address, status] of [
      ['a', 200],
      ['b', 200],
      ['c', 429],
    ] as const) {
      await put(carol).set('X-Forwarded-For', `203.0.113.${address}`).expect(status);
    }
  });

  it('ends with its window, and can be off', async () => {
    await start({ perOwner: 1, windowMs: 1_000 });
    const alice = await app.browser('alice');
    await put(alice).expect(200);
    expect((await put(alice).expect(429)).headers['retry-after']).toBe('1');
    await until(async () => (await put(alice)).status === 200);
    await app.close();
    await start(false);
    const bob = await app.browser('bob');
    for (let i = 0; i < 12; i++) await put(bob).expect(200);
  });

  it('counts in a store of the application’s; one that fails is 503, without what went wrong', async () => {
    const asked: unknown[] = [];
    let failure: unknown;
    await start({
      perOwner: 3,
      windowMs: 5_000,
      store: (limit) => ({
        consume: async (key) => {
          asked.push([limit, key]);
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- as limiters do
          if (failure !== undefined) throw failure;
        },
      }),
    });
    const alice = await app.browser('alice');
    await put(alice).expect(200);
    expect(asked).toEqual([
      [{ name: 'byok-address', points: 60, windowMs: 5_000 }, '127.0.0.1'],
      [{ name: 'byok-owner', points: 3, windowMs: 5_000 }, 'user:alice'],
    ]);
    failure = { msBeforeNext: 2_500 };
    expect((await put(alice).expect(429)).headers['retry-after']).toBe('3');
    failure = new Error('connect ECONNREFUSED redis://:hunter2@cache.internal');
    const { body, text } = await put(alice).expect(503);
    expect(body).toMatchObject({ code: 'BYOK_UNAVAILABLE' });
    expect(text).not.toContain('hunter2');
  });
});
