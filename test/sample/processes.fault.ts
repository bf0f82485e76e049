import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EncryptionService } from '../../lib/index.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type ProviderStub, startProviderStub } from '../support/provider-stub.js';
import { failToStart, type Sample, SAMPLE_SECRET, type SampleEnv, startSample, Visitor } from '../support/sample.js';

let provider: ProviderStub;
let samples: Sample[];

beforeAll(async () => {
  provider = await startProviderStub();
});
afterAll(() => provider.close());
beforeEach(() => {
  samples = [];
});
afterEach(async () => {
  await Promise.all(samples.map((sample) => sample.end('SIGKILL')));
});

async function start(env: SampleEnv): Promise<Sample> {
  const sample = await startSample({ TRUST_PROXY: 'loopback', ...provider.env, ...env });
  samples.push(sample);
  return sample;
}

/** What the provider received with a message. */
function keysFor(text: string): string[] {
  return provider.calls.filter((call) => call.text === text).map((call) => call.key);
}

describe('Two processes on one database', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => database.drop());

  it('take replaced and deleted keys for what they are at once, while others read', async () => {
    const [a, b] = await Promise.all([start({ DATABASE_URL: database.url }), start({ DATABASE_URL: database.url })]);
    const reader = await new Visitor(b.url).signIn('reader');
    await reader.store('key-of-the-reader-1f9c');
    let busy = true;
    let reads = 0;
    const wrong: unknown[] = [];
    const readers = Array.from({ length: 4 }, async () => {
      while (busy) {
        const { status } = await reader.chat('busy');
        if (status !== 200) wrong.push(['reader', status]);
        reads++;
      }
    });

    const rounds = 24;
    const run = async (i: number): Promise<void> => {
      const name = `owner-${i}`;
      const [first, second] = i % 2 ? [a, b] : [b, a];
      const here = new Visitor(first.url, { 'x-forwarded-for': `10.1.0.${i}` });
      await here.signIn(name);
      // A session of its own in the other process.
      const there = await new Visitor(second.url).signIn(name);
      const expectAt = async (step: string, key: string | undefined): Promise<void> => {
        const text = `${name} ${step}`;
        const { status } = await there.chat(text);
        const seen = keysFor(text);
        if (status !== (key ? 200 : 403) || seen[0] !== key) wrong.push([text, status, seen]);
      };
      for (const end of ['aaaa', 'bbbb', 'cccc']) {
        await here.store(`key-of-${name}-${end}`);
        await expectAt(end, `key-of-${name}-${end}`);
      }
      await here.remove();
      await expectAt('after the deletion', undefined);
      await here.at(second.url).store(`key-of-${name}-dddd`);
      await expectAt('dddd', `key-of-${name}-dddd`);
    };
    for (let i = 0; i < rounds; i += 8) await Promise.all(Array.from({ length: 8 }, (_, n) => run(i + n)));
    busy = false;
    await Promise.all(readers);

    expect(wrong).toEqual([]);
    expect(reads).toBeGreaterThan(rounds);
    expect(new Set(keysFor('busy'))).toEqual(new Set(['key-of-the-reader-1f9c']));
    expect(await Promise.all([a.end('SIGTERM'), b.end('SIGINT')])).toEqual([0, 0]);
    expect([a, b].map((sample) => sample.output().match(/ERROR.*/g))).toEqual([null, null]);
  });

  it('share their sessions, and rotate one after the other', async () => {
    const NEW = EncryptionService.generateSecret();
    const DATABASE_URL = database.url;
    const old = await start({ DATABASE_URL });
    const alice = await new Visitor(old.url).signIn('alice');
    await alice.store('key-under-the-old-secret');

    // As rotation goes: first both can open what the new secret seals, then it seals.
    const both = await start({ DATABASE_URL, BYOK_SECRET: `${SAMPLE_SECRET}, ${NEW}` });
    const rotated = await start({ DATABASE_URL, BYOK_SECRET: `${NEW},${SAMPLE_SECRET}` });
    for (const { url } of [both, rotated]) expect((await alice.at(url).chat('old')).status).toBe(200);
    expect(await alice.at(rotated.url).store('key-under-the-new-secret', 'anthropic')).toBe(200);
    const summary = await alice.at(both.url).send('POST', '/summarise', { text: 'x' });
    expect(summary.body).toMatchObject({ provider: 'openai' });
    await alice.at(both.url).remove();
    expect((await alice.at(both.url).send('POST', '/summarise', { text: 'x' })).body).toMatchObject({
      provider: 'anthropic',
    });

    // Now that nothing is sealed with it, the old secret may go.
    const without = await start({ DATABASE_URL, BYOK_SECRET: NEW });
    const again = await new Visitor(without.url).signIn('alice');
    expect((await again.send('POST', '/summarise', { text: 'x' })).status).toBe(200);
  });

  it('refuse to start with another secret, and change nothing', async () => {
    const DATABASE_URL = database.url;
    const first = await start({ DATABASE_URL });
    const alice = await new Visitor(first.url).signIn('alice');
    await alice.store('key-that-stays-1f9c');

    const before = await hashOf(database);
    const wrong = EncryptionService.generateSecret();
    const refused = await failToStart({ DATABASE_URL, BYOK_SECRET: wrong });
    expect(refused.exit).toBe(1);
    expect(refused.output).toMatch(/^Stored keys are sealed with a secret that is not given \(key id [\da-f]{16}\)/);
    expect(refused.output.trim().split('\n')).toHaveLength(1);
    expect(refused.output).not.toContain(wrong);
    expect(await hashOf(database)).toBe(before);
    // The hash would have shown a change.
    await alice.store('key-that-changes-1f9c');
    expect(await hashOf(database)).not.toBe(before);
    expect((await alice.chat('stays')).status).toBe(200);
  });
});

describe('The sample on its own Postgres', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'byok sample ключ-'));
    await chmod(folder, 0o711);
  });
  afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

  it('has the key after kill -9, makes its secret itself and leaves no server behind', async () => {
    const env = { BYOK_DATA_DIR: join(folder, 'data'), BYOK_SECRET: undefined };
    const first = await start(env);
    const alice = await new Visitor(first.url).signIn('alice');
    const writes = Array.from({ length: 5 }, (_, i) => alice.store(`key-before-the-kill-${i}`, i ? `p${i}` : 'openai'));
    expect(await Promise.all(writes)).toEqual([200, 200, 200, 200, 200]);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');

    // Two at once: one starts the server, the other joins it.
    const [second, third] = await Promise.all([start(env), start(env)]);
    for (const { url } of [second, third]) expect((await alice.at(url).chat('after the kill')).status).toBe(200);
    expect(keysFor('after the kill')).toEqual(['key-before-the-kill-0', 'key-before-the-kill-0']);
    expect((await alice.at(third.url).send('GET', '/byok/api/keys')).body.keys).toHaveLength(5);
    const secret = (await readFile(join(folder, 'data', 'byok-secret'), 'utf8')).trim();
    expect(secret).toMatch(/^byok_[\w-]{43}$/);
    expect(first.output() + second.output()).not.toContain(secret);

    const server = Number((await readFile(join(folder, 'data', 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    expect(isRunning(server)).toBe(true);
    await Promise.all([second.end('SIGKILL'), third.end('SIGKILL')]);
    for (let i = 0; i < 100 && isRunning(server); i++) await sleep(100);
    expect(isRunning(server)).toBe(false);
  });
});

async function hashOf(database: TestDatabase): Promise<string> {
  const hash = createHash('sha256');
  for (const table of ['user_api_keys', 'byok_keyring', 'byok_retired_keys', 'byok_migrations']) {
    hash.update(JSON.stringify(await database.query(`SELECT t::text, xmin::text FROM ${table} t ORDER BY 1`)));
  }
  return hash.digest('hex');
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
