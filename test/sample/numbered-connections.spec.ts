import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { findRedis, startRedis, type TestRedis } from '../support/redis.js';
import { type Sample, startNumbered } from '../support/sample.js';
import { until } from '../support/until.js';

const KEY = 'sk-another-example-for-the-sample';

let database: TestDatabase;
let sample: Sample | undefined;

beforeAll(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await sample?.end();
  sample = undefined;
});
afterAll(() => database.drop());

async function send(user: string, method: string, path: string, body?: object) {
  const response = await fetch(sample!.url + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-demo-user': user },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('03-websocket-chat', () => {
  let socket: Socket | undefined;
  afterEach(() => void socket?.close());

  it('streams an answer to whoever connected, or says what is missing', async () => {
    sample = await startNumbered('03-websocket-chat', { DATABASE_URL: database.url });
    socket = io(sample.url, { auth: { user: 'alice' }, transports: ['websocket'], reconnection: false });
    const parts: string[] = [];
    const exceptions: { code: string }[] = [];
    socket.on('part', (part: string) => parts.push(part)).on('exception', (error) => exceptions.push(error));
    socket.emit('ask', { text: 'Hello' });
    await until(() => exceptions.length === 1);
    expect(exceptions[0]).toMatchObject({ code: 'BYOK_KEY_REQUIRED', providers: ['openai'], manageUrl: '/byok' });
    expect(await send('alice', 'PUT', '/byok/api/keys/openai', { apiKey: KEY })).toMatchObject({ status: 200 });
    socket.emit('ask', { text: 'Hello' });
    await until(() => parts.includes('Hello'));
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.join('')).toMatch(/called with the key .*mple and this: Hello$/);
    socket.emit('ask', { text: 'refused' });
    await until(() => exceptions.length === 2);
    expect(exceptions[1]).toMatchObject({ code: 'BYOK_KEY_REFUSED', provider: 'openai' });
    const page = await (await fetch(`${sample.url}/`)).text();
    expect(page).toContain('/socket.io/socket.io.js');
    expect((await fetch(`${sample.url}/socket.io/socket.io.js`)).status).toBe(200);
  });
});

const redisServer = findRedis();
(redisServer === undefined ? describe.skip : describe)('04-queue-worker (needs redis-server)', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis(redisServer!);
  });
  afterAll(() => redis.kill());

  it('works on a job with the key of the user who asked for it', async () => {
    sample = await startNumbered('04-queue-worker', { DATABASE_URL: database.url, REDIS_URL: redis.url });
    const summarise = async (text: string) => {
      const { body } = await send('quinn', 'POST', '/summaries', { text });
      const find = () => send('quinn', 'GET', `/summaries/${String(body['id'])}`);
      await until(async () => /completed|failed/.test(String((await find()).body['state'])));
      return { ...(await find()).body, id: body['id'] } as { id: string; summary?: string; failure?: string };
    };
    expect(await send('quinn', 'POST', '/summaries', { text: 'Hello' })).toMatchObject({
      status: 403,
      body: { code: 'BYOK_KEY_REQUIRED', providers: ['openai'] },
    });
    expect(await send('quinn', 'PUT', '/byok/api/keys/openai', { apiKey: KEY })).toMatchObject({ status: 200 });
    const { id, summary } = await summarise('Hello');
    expect(summary).toMatch(/called with the key .*mple and this: Hello$/);
    expect(await send('rosa', 'GET', `/summaries/${id}`)).toMatchObject({ status: 404 });
    expect(await summarise('refused')).toMatchObject({ failure: expect.stringMatching(/^OpenAI refused the API key/) });
  });
});
