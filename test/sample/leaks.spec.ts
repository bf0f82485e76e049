import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Canary } from '../support/canary.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type ProviderStub, startProviderStub } from '../support/provider-stub.js';
import { type Answer, type Sample, startSample, Visitor } from '../support/sample.js';

const HTML = { accept: 'text/html' };

let database: TestDatabase;
let provider: ProviderStub;
let sample: Sample;
let logStart: number;
let visitors: Visitor[];

beforeAll(async () => {
  logStart = await sizeOfLog();
  [database, provider] = await Promise.all([createDatabase(), startProviderStub()]);
  sample = await startSample({ DATABASE_URL: database.url, TRUST_PROXY: 'loopback', ...provider.env });
  visitors = [];
});
afterAll(async () => {
  await sample.end();
  await Promise.all([provider.close(), database.drop()]);
});

function visitor(): Visitor {
  const one = new Visitor(sample.url, { 'x-forwarded-for': `10.2.0.${visitors.length}` });
  visitors.push(one);
  return one;
}

describe('A key that went through every route', () => {
  const canary = new Canary();
  const control = new Canary();
  const { key } = canary;

  it('is found in no answer, log, table or session', async () => {
    const stages = [asVisitor, asUser, refused, malformed, failingProvider, failingDatabase, tooOften];
    const statuses: number[] = [];
    let dump = '';
    for (const stage of stages) {
      await stage();
      dump += await dumpOf(database);
    }
    for (const { status } of answers()) statuses.push(status);
    // The routes were really reached, and the key was really used.
    for (const status of [200, 204, 303, 400, 403, 404, 413, 415, 429, 502, 503]) expect(statuses).toContain(status);
    expect(provider.calls.filter((call) => call.key === key).length).toBeGreaterThan(5);
    expect(dump).toMatch(/user_api_keys[\s\S]*openai/);
    expect(dump).toMatch(/session[\s\S]*byok/);

    await database.query('SELECT $1::text AS planted', [control.key]);
    const log = await logOf();
    await sample.end();

    const found = {
      answers: answers()
        .map(textOf)
        .filter((text) => canary.find(text).length > 0),
      output: canary.find(sample.output()),
      dump: canary.find(dump),
      log: canary.find(log),
    };
    expect(found).toEqual({ answers: [], output: [], dump: [], log: [] });
    if (process.env['TEST_POSTGRES_LOG']) {
      expect(log).toMatch(/INSERT INTO "?user_api_keys/);
      expect(control.find(log)).toContain('raw');
    }
  });

  it('would be found in any of these forms', () => {
    const part = control.key.slice(12, 32);
    const forms: [form: string, text: string][] = [
      ['raw', `Bearer ${part}`],
      ['URL-encoded', encodeURIComponent(control.key.slice(30, 42))],
      ['JSON', JSON.stringify({ key: control.key })],
      ['HTML', `<p>${control.key.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}</p>`],
      ['hex', Buffer.from(`"${part}"`).toString('hex')],
      ['upper-case hex', Buffer.from(part).toString('hex').toUpperCase()],
      ['base64 after 0', Buffer.from(control.key).toString('base64')],
      ['base64 after 1', Buffer.from(`"${control.key}"`).toString('base64')],
      ['base64 after 2', Buffer.from(`{"apiKey":"${control.key}"}`.slice(9)).toString('base64')],
      ['base64url after 1', Buffer.from(`Bearer ${control.key}`).toString('base64url')],
    ];
    for (const [form, text] of forms) expect(control.find(text)).toContain(form);
    expect(canary.find(forms.map(([, text]) => text).join('\n'))).toEqual([]);
    expect(control.find(`…${control.key.slice(-4)}`)).toEqual([]);
  });

  async function asVisitor(): Promise<void> {
    const one = visitor();
    await one.store(key);
    await one.submit('/byok/keys/anthropic', { api_key: key });
    await one.chat();
    await one.send('POST', '/summarise', { text: 'x' });
    await one.send('GET', '/byok', undefined, HTML);
    await one.send('GET', '/byok/api/keys');
    await one.remove('anthropic');
    await one.signIn('adopted');
    await one.chat();
  }

  async function asUser(): Promise<void> {
    const alice = await visitor().signIn('alice');
    await alice.store(key);
    await alice.store(key);
    await alice.submit('/byok/keys', { provider: 'anthropic', api_key: key, label: 'work' });
    await alice.send('PUT', '/byok/api/keys/other', { apiKey: key, ttlSeconds: 60 });
    await alice.send('GET', '/', undefined, HTML);
    await alice.send('GET', '/healthz');
    await alice.send('GET', '/byok', undefined, HTML);
    await alice.send('GET', '/byok/api/keys');
    await alice.chat();
    await alice.send('POST', '/summarise', { text: 'x' });
    await alice.submit('/byok/keys/other/delete', {});
    await alice.submit('/byok/keys/clear', {});
    await alice.send('DELETE', '/byok/api/keys');
    await alice.send('DELETE', '/session');
  }

  async function refused(): Promise<void> {
    const bob = await visitor().signIn('bob');
    const put = (path: string, body: object | string, headers = {}): Promise<Answer> =>
      bob.send('PUT', `/byok/api/keys/${path}`, body, headers);
    await put('openai', { apiKey: `${key} ${key}` });
    await put('openai', { apiKey: [key] });
    await put('openai', { apiKey: key, [key]: key });
    await put('openai', { apiKey: key, fields: { [key.slice(3)]: key } });
    await put('openai', { apiKey: key, label: key.repeat(3) });
    await put('openai', { apiKey: key, ttlSeconds: -1 });
    await put('openai', { apiKey: key }, { 'sec-fetch-site': 'cross-site' });
    const one = visitor();
    await one.send('PUT', '/byok/api/keys/openai', { apiKey: key, expiresAt: '2001-01-01T00:00:00Z' });
    await one.send('PUT', '/byok/api/keys/openai', key, { 'content-type': 'text/plain' });
    await one.send('PUT', '/byok/api/keys/openai', { apiKey: key.repeat(1_600) });
    await one.send('PUT', '/byok/api/keys/openai', { apiKey: key.repeat(100) });
    await one.send('PUT', '/byok/api/keys/__proto__', { apiKey: key });
    await one.send('POST', '/byok/keys/openai', new URLSearchParams({ api_key: key, _csrf: key }), HTML);
    await one.send('POST', '/byok/keys/openai', new URLSearchParams({ api_key: key, [key]: key }), HTML);
    await one.submit('/byok/keys/openai', { api_key: `${key} ${key}` });
    await one.submit('/byok/keys/openai', { api_key: key, label: key.repeat(3), return_to: `//${key}` });
    await one.send('GET', '/byok', undefined, HTML);
    await one.send('DELETE', `/byok/api/keys/openai?label=${encodeURIComponent(key)}`);
    await one.send('GET', '/byok/api/keys', undefined, { authorization: `Bearer ${key}`, 'x-api-key': key });
    await one.send('POST', '/session', { user: key });
    await one.send('POST', '/session', { user: 'x', [key.slice(0, 3)]: key });
    await one.send('POST', '/chat', { message: [key] }, { authorization: `Bearer ${key}` });
  }

  /** What a body parser refuses, whose message quotes the body. */
  async function malformed(): Promise<void> {
    const one = await visitor().signIn('malformed');
    await one.store('a-key-that-is-not-looked-for');
    const routes = [
      ['PUT', '/byok/api/keys/openai'],
      ['POST', '/byok/keys/openai'],
      ['POST', '/session'],
      ['POST', '/chat'],
      ['POST', '/summarise'],
    ] as const;
    for (const [method, path] of routes) {
      for (const text of [`{"apiKey":${key}`, `${key.slice(10)}`, `{"apiKey":"${key.slice(10, 40)}"`]) {
        await one.send(method, path, text);
        await one.send(method, path, text, HTML);
      }
      await one.send(method, path, `{}`, { 'content-type': `application/json; charset=${key.slice(10, 30)}` });
    }
  }

  async function failingProvider(): Promise<void> {
    provider.on('401', (call, response) => response.writeHead(401, { 'x-key': call.key }).end(`"no ${call.key}"`));
    provider.on('garbage', (call, response) => response.writeHead(200).end(call.key));
    provider.on('redirect', (call, response) => response.writeHead(302, { location: `/${call.key}` }).end());
    provider.on('end', (_, response) => response.destroy());
    const one = await visitor().signIn('unlucky');
    await one.store(key);
    for (const text of ['401', 'garbage', 'redirect', 'end']) {
      await one.chat(text);
      await one.send('POST', '/chat', new URLSearchParams({ message: text }), HTML);
    }
  }

  async function failingDatabase(): Promise<void> {
    const one = await visitor().signIn('outage');
    await one.store(key);
    for (const table of ['user_api_keys', 'session']) {
      await database.query(`ALTER TABLE ${table} RENAME TO away`);
      try {
        await one.store(key);
        await one.submit('/byok/keys/openai', { api_key: key });
        await one.chat();
        await one.send('POST', '/session', { user: 'somebody' });
        await one.send('GET', '/byok', undefined, HTML);
      } finally {
        await database.query(`ALTER TABLE away RENAME TO ${table}`);
      }
    }
    // A check that quotes the row it refuses.
    await database.query('ALTER TABLE user_api_keys ADD CONSTRAINT refusing CHECK (provider <> $$refused$$)');
    await one.store(key, 'refused');
  }

  async function tooOften(): Promise<void> {
    const one = await visitor().signIn('eager');
    for (let i = 0; i < 12; i++) await one.store(key);
  }
});

function answers(): Answer[] {
  return visitors.flatMap((one) => one.answers);
}

function textOf({ headers, text }: Answer): string {
  return `${[...headers].map((header) => header.join(': ')).join('\n')}\n${text}`;
}

/** All rows of all tables, bytes in hex. */
async function dumpOf(from: TestDatabase): Promise<string> {
  const tables = await from.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  const parts = tables.map(async ({ tablename }: { tablename: string }) => {
    const rows = await from.query(`SELECT t::text AS row FROM "${tablename}" t`);
    return [tablename, ...rows.map(({ row }: { row: string }) => row)].join('\n');
  });
  return (await Promise.all(parts)).join('\n');
}

async function sizeOfLog(): Promise<number> {
  const file = process.env['TEST_POSTGRES_LOG'];
  if (file) return (await stat(file)).size;
  console.warn('The log of Postgres is not searched: TEST_POSTGRES_URL names a server of yours.');
  return 0;
}

/** What Postgres has logged since, all statements with their parameters. */
async function logOf(): Promise<string> {
  const file = process.env['TEST_POSTGRES_LOG'];
  return file ? (await readFile(file)).subarray(logStart).toString('latin1') : '';
}
