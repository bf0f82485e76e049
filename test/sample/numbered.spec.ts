import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Sample, startNumbered } from '../support/sample.js';

const ROOT = fileURLToPath(new URL('../../sample/', import.meta.url));
const NAMES = readdirSync(ROOT).filter((name) => /^\d\d-/.test(name));
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

async function start(name: string): Promise<void> {
  sample = await startNumbered(name, { DATABASE_URL: database.url });
}

/** What a caller is answered, with the text of a stream. */
async function send(path: string, body: object, headers: Record<string, string> = {}, method = 'POST') {
  const response = await fetch(sample!.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const json = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    text,
    body: json ? (JSON.parse(text) as object) : undefined,
    headers: response.headers,
  };
}

describe('The numbered samples', () => {
  it.each(NAMES)('%s says how to start it, on half a page', (name) => {
    const readme = readFileSync(`${ROOT}${name}/README.md`, 'utf8');
    expect(readme).toContain(`npm run sample -- ${name}\n`);
    expect(readme.split('\n').length).toBeLessThan(45);
  });

  it('names what there is, if one is not there', async () => {
    await expect(startNumbered('99-nothing', {})).rejects.toThrow(`Name one of these samples: ${NAMES.join(', ')}.`);
  });
});

it('02-graphql answers with the key of the caller, or says which is needed', async () => {
  await start('02-graphql');
  const alice = { 'x-demo-user': 'alice' };
  const ask = async (message: string) =>
    (await send('/graphql', { query: `mutation { ask(message: "${message}") }` }, alice)).body;
  const extensions = { code: 'BYOK_KEY_REQUIRED', providers: ['openai'], manageUrl: '/byok' };
  expect(await ask('Hello')).toMatchObject({ data: null, errors: [{ extensions }] });
  expect(await send('/byok/api/keys/openai', { apiKey: KEY }, alice, 'PUT')).toMatchObject({ status: 200 });
  expect(await ask('Hello')).toEqual({ data: { ask: expect.stringMatching(/key .*mple and this: Hello$/) } });
  const refused = { code: 'BYOK_KEY_REFUSED', provider: 'openai' };
  expect(await ask('refused')).toMatchObject({ errors: [{ extensions: refused }] });
  expect(sample!.output()).not.toContain(KEY);
});

it('06-relay forwards to the provider of the route, and streams', async () => {
  await start('06-relay');
  const alice = { 'x-demo-user': 'rita' };
  const relay = (provider: string, content = 'Hello') =>
    send(`/relay/${provider}`, { stream: provider === 'openai', messages: [{ role: 'user', content }] }, alice);
  expect(await relay('openai')).toMatchObject({
    status: 403,
    body: { code: 'BYOK_KEY_REQUIRED', providers: ['openai'] },
  });
  for (const provider of ['openai', 'anthropic']) {
    const apiKey = provider === 'openai' ? KEY : 'sk-ant-an-example-for-the-sample';
    expect(await send(`/byok/api/keys/${provider}`, { apiKey }, alice, 'PUT')).toMatchObject({ status: 200 });
  }
  const streamed = await relay('openai');
  expect(streamed.headers.get('content-type')).toMatch(/^text\/event-stream/);
  expect(streamed.text).toMatch(/^data: \{[^]*"content":"Hello"[^]*data: \[DONE\]\n\n$/);
  expect((await relay('anthropic')).text).toMatch(/Anthropic's stand-in was called with the key .*mple/);
  expect(await relay('mistral')).toMatchObject({ status: 400, body: { code: 'BYOK_INVALID_INPUT' } });
  expect(await relay('openai', 'refused')).toMatchObject({ status: 403, body: { code: 'BYOK_KEY_REFUSED' } });
  expect(await relay('anthropic', 'refused')).toMatchObject({ status: 403, body: { provider: 'anthropic' } });
});

it('07-fastify keeps the keys of visitors in their sessions', async () => {
  await start('07-fastify');
  const site = { 'sec-fetch-site': 'same-origin' };
  const stored = await send('/byok/api/keys/openai', { apiKey: KEY }, site, 'PUT');
  expect(stored).toMatchObject({ status: 200, body: { source: 'session' } });
  const cookie = stored.headers.getSetCookie()[0].split(';')[0];
  const chat = (headers: Record<string, string>, message = 'Hello') => send('/chat', { message }, headers);
  expect(await chat({ cookie })).toMatchObject({
    status: 201,
    body: { reply: expect.stringContaining('mple and this') },
  });
  expect(await chat({})).toMatchObject({ status: 403, body: { code: 'BYOK_KEY_REQUIRED' } });
  expect(await chat({ cookie }, 'refused')).toMatchObject({ status: 403, body: { code: 'BYOK_KEY_REFUSED' } });
  const page = await fetch(`${sample!.url}/byok`, { headers: { cookie, accept: 'text/html' } });
  expect(await page.text()).toContain('OpenAI');
});
