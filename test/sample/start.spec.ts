import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readSettings } from '../../sample/src/settings.js';
import { startStopwatch } from '../support/lost-time.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { startProviderStub } from '../support/provider-stub.js';
import { failToStart, type Sample, SAMPLE_SECRET, type SampleEnv, startSample, Visitor } from '../support/sample.js';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

describe('A start that cannot be', () => {
  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['no database', { DATABASE_URL: undefined }, /`npm start` starts a PostgreSQL server/],
    ['a database of another kind', { DATABASE_URL: 'mysql://me:hunter2@host/x' }, /postgres:\/\/user:password@host/],
    ['a database URL that is none', { DATABASE_URL: 'postgres://me:hunter2@host:port/x' }, /percent-encoded/],
    ['a port that is none', { PORT: '99999' }, /^PORT must be/],
    ['a provider that is none', { OPENAI_BASE_URL: 'api.example.com' }, /^OPENAI_BASE_URL must be/],
    ['trust in every proxy', { TRUST_PROXY: 'true' }, /^TRUST_PROXY must be/],
    ['trust in a number of proxies', { TRUST_PROXY: '1' }, /^TRUST_PROXY must be/],
    ['trust in every address', { TRUST_PROXY: '0.0.0.0/0' }, /^TRUST_PROXY must be/],
  ])('for %s is told by the settings', (_name, env, message) => {
    const complete = { BYOK_SECRET: SAMPLE_SECRET, DATABASE_URL: 'postgres://localhost/x', ...env };
    expect(() => readSettings(complete)).toThrow(message);
    expect(() => readSettings(complete)).not.toThrow(/hunter2/);
  });

  it('says what to do, in one or two lines', async () => {
    const cases: [SampleEnv, RegExp][] = [
      [{ NODE_ENV: 'production', BYOK_SECRET: undefined }, /^BYOK_SECRET is not set.* generate-secret/],
      [{ BYOK_SECRET: 'changeme' }, /known placeholder[\s\S]*generateSecret\(\)/],
      [{ DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:9/x' }, /x at 127\.0\.0\.1:9.*REFUSED/],
      [{ DATABASE_URL: 'postgres://me:hunter2@host.invalid/x' }, /host\.invalid cannot be used/],
    ];
    const failed = await Promise.all(cases.map(([env]) => failToStart({ DATABASE_URL: database.url, ...env })));
    for (const [i, { exit, output }] of failed.entries()) {
      expect(exit).toBe(1);
      expect(output).toMatch(cases[i][1]);
      expect(output.trim().split('\n').length).toBeLessThanOrEqual(2);
      expect(output).not.toMatch(/hunter2|changeme|\n\s+at /);
      expect(output).not.toContain(SAMPLE_SECRET);
    }
  });

  it('for the wrong password names the database', async () => {
    const url = new URL(database.url);
    url.password = 'hunter2';
    const { output } = await failToStart({ DATABASE_URL: url.href });
    expect(output).toMatch(/cannot be used: password authentication failed/);
    expect(output).not.toContain('hunter2');
  });

  it('for a port that is taken names the variable', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, resolve));
    const PORT = String((other.address() as AddressInfo).port);
    const { exit, output } = await failToStart({ DATABASE_URL: database.url, PORT });
    expect([exit, output.trim()]).toEqual([1, 'The port is taken. Set PORT to another one, for example PORT=3001.']);
    await new Promise((resolve) => other.close(resolve));
  });

  it('for a data folder that is a file names the variable', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'byok-start-'));
    await writeFile(join(folder, 'data'), '');
    for (const env of [{}, { DATABASE_URL: database.url }]) {
      const { output } = await failToStart({ BYOK_DATA_DIR: join(folder, 'data'), BYOK_SECRET: undefined, ...env });
      expect(output).toMatch(/data cannot be used \(E[^\n]*Set BYOK_(DATA_DIR|SECRET)/);
    }
    await rm(folder, { recursive: true });
  });
});

describe('A sample that is told to stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s does so in seconds, whatever is under way', async (signal) => {
    const provider = await startProviderStub();
    provider.on('forever', () => undefined);
    const sample = await startSample({ DATABASE_URL: database.url, ...provider.env });
    const alice = await new Visitor(sample.url).signIn(`alice ${signal}`);
    await alice.store('key-that-is-under-way');
    const unanswered = alice.chat('forever').catch((error: Error) => error.message);
    while (provider.calls.length === 0) await sleep(10);
    const stop = startStopwatch();
    expect(await sample.end(signal)).toBe(0);
    expect(stop()).toBeLessThan(20_000);
    expect(await unanswered).toBe('fetch failed');
    expect(sample.output()).not.toMatch(/error/i);
    await provider.close();
  });
});

describe('In development', () => {
  it('keeps the secret that it makes where only its owner reads it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'byok-start-'));
    const BYOK_DATA_DIR = join(folder, 'data');
    // Samples with other secrets do not start on a database that has its rows.
    const own = await createDatabase();
    const start = () => startSample({ DATABASE_URL: own.url, BYOK_DATA_DIR, BYOK_SECRET: undefined });
    // Of two at once, both take the same.
    const [one, other] = await Promise.all([start(), start()]);
    expect((await stat(join(BYOK_DATA_DIR, 'byok-secret'))).mode & 0o777).toBe(0o600);
    const alice = await new Visitor(one.url).signIn('alice of a secret');
    await alice.store('key-under-a-made-secret');
    expect((await alice.at(other.url).send('GET', '/byok/api/keys')).body.keys).toMatchObject([{ status: 'active' }]);
    await Promise.all([one.end(), other.end()]);
    await rm(folder, { recursive: true });
    await own.drop();
  });
});

describe('In production', () => {
  let behindProxy: Sample;
  let open: Sample;
  /** Where it listens; what it prints is its public address. */
  let address: string;

  beforeAll(async () => {
    const env = { DATABASE_URL: database.url, NODE_ENV: 'production' };
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    [behindProxy, open] = await Promise.all([
      startSample({ ...env, PORT: String(port), TRUST_PROXY: 'loopback', PUBLIC_URL: 'https://keys.example.com/' }),
      startSample(env),
    ]);
  });
  afterAll(() => Promise.all([behindProxy.end(), open.end()]));

  const HTTPS = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' };

  it('works behind a proxy that does https', async () => {
    const alice = new Visitor(address, HTTPS);
    const { headers } = await alice.send('POST', '/session', { user: 'alice' });
    expect(headers.getSetCookie()[0]).toMatch(/HttpOnly; Secure; SameSite=Lax/);
    expect(await alice.store('key-that-goes-over-https-1f9c')).toBe(200);
    const page = await alice.send('GET', '/byok', undefined, { accept: 'text/html' });
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('…1f9c')]);
    // A browser that sends no Sec-Fetch-Site says where its page is from.
    const old = (origin: string): Promise<Response> =>
      fetch(`${address}/byok/api/keys/openai`, {
        method: 'PUT',
        headers: { ...HTTPS, cookie: alice.cookie!, origin, 'content-type': 'application/json' },
        body: JSON.stringify({ apiKey: 'key-that-goes-over-https-2f9c' }),
      });
    expect((await old('https://keys.example.com')).status).toBe(200);
    expect((await old('https://other.example.com')).status).toBe(403);
    expect((await alice.send('GET', '/')).text).toContain('https://keys.example.com/session');
  });

  it('takes and shows nothing without https', async () => {
    const refused = { status: 403, body: { code: 'BYOK_HTTPS_REQUIRED' } };
    const body = { apiKey: 'key-over-http-1f9c' };
    // Who is not behind a trusted proxy is not believed that it is.
    for (const one of [new Visitor(address), new Visitor(open.url, HTTPS)]) {
      expect(await one.send('PUT', '/byok/api/keys/openai', body)).toMatchObject(refused);
      const page = await one.send('GET', '/byok', undefined, { accept: 'text/html' });
      expect([page.status, page.text]).toEqual([403, expect.not.stringContaining('<form')]);
    }
    expect(open.output()).toContain('set TRUST_PROXY');
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
