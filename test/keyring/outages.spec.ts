import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import {
  ApiKey,
  EncryptionError,
  EncryptionService,
  KeyWrapperError,
  KeyWrapperHealth,
  RequireApiKey,
  RotationService,
} from '../../lib/index.js';
import { askWrapper } from '../../lib/keyring/wrapper-calls.js';
import { VaultTransitWrapper } from '../../lib/kms/vault-transit.wrapper.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { type EdgeApp, SAME_SITE, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { memorySessions } from '../support/sessions.js';
import { until } from '../support/until.js';
import { VaultStandIn } from '../support/vault-stand-in.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice' };

@Controller()
class KeyController {
  @Get('key')
  @RequireApiKey('openai')
  key(@ApiKey() key: string): string {
    return key;
  }
}

describe('While the key management service is away', () => {
  let vault: VaultStandIn;
  let database: TestDatabase;
  let apps: { close: () => Promise<void> }[];

  beforeAll(async () => {
    vault = await VaultStandIn.start();
    for (const name of ['byok', 'newer']) vault.createKey(name);
  });
  beforeEach(async () => {
    apps = [];
    Object.assign(vault, { sealed: false, latency: 0, cut: 0, failures: [] });
    database = await createDatabase();
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });
  afterAll(() => vault.stop());

  const wrapper = (key = 'byok') => new VaultTransitWrapper({ address: vault.address, token: vault.token, key });
  async function start(secret: Parameters<typeof startByok>[0]['secret'] = wrapper()): Promise<ByokApp> {
    const app = await startByok({ secret, db: database.url });
    apps.push(app);
    return app;
  }
  async function startHttp(secret: Parameters<typeof startByok>[0]['secret'] = wrapper()): Promise<EdgeApp> {
    const edge = await startEdge({ options: { secret, db: database.url }, controllers: [KeyController] });
    apps.push(edge);
    return edge;
  }
  const hash = async () =>
    JSON.stringify([
      await database.query('SELECT t::text AS row FROM user_api_keys t'),
      await database.query('SELECT t::text AS row FROM byok_keyring t'),
    ]);

  it('nothing changes for an application that runs', async () => {
    const edge = await startHttp();
    await edge.byok.setKey(ALICE, 'openai', KEY);
    vault.sealed = true;
    const alice = await edge.browser('alice');
    expect((await alice.get('/key').set(SAME_SITE)).text).toBe(KEY);
    await edge.byok.setKey(ALICE, 'anthropic', KEY);
    expect(await edge.byok.getKey(ALICE, 'anthropic')).toBe(KEY);
  });

  it('one that starts answers 503, never "no key", loses nothing, and recovers by itself', async () => {
    await (await start()).byok.setKey(ALICE, 'openai', KEY);
    const before = await hash();
    vault.sealed = true;
    const edge = await startHttp();
    const health = edge.nest.get(KeyWrapperHealth);
    expect(await health.check()).toEqual({
      ready: false,
      wrappers: [{ id: 'vault-transit:transit/byok', healthy: false }],
    });
    expect(edge.log.join('\n')).toMatch(/Cannot unlock the root key: .*it is sealed or down/);

    const [alice, bob] = [await edge.browser('alice'), await edge.browser('bob')];
    const get = await alice.get('/key').set(SAME_SITE);
    expect([get.status, get.body.code]).toEqual([503, 'BYOK_UNAVAILABLE']);
    const list = await alice.get('/byok/api/keys').set(SAME_SITE);
    expect([list.status, list.body.code]).toEqual([503, 'BYOK_UNAVAILABLE']);
    const put = await alice.put('/byok/api/keys/openai').set(SAME_SITE).send({ apiKey: KEY });
    expect([put.status, put.body.code]).toEqual([503, 'BYOK_UNAVAILABLE']);
    expect(put.text).not.toContain('vault');
    expect(await edge.byok.hasKey(ALICE, 'openai')).toBe(true);
    // Who has none is told so: that needs no key.
    expect((await bob.get('/key').set(SAME_SITE)).body.code).toBe('BYOK_KEY_REQUIRED');
    expect(await hash()).toBe(before);

    vault.sealed = false;
    await until(() => health.isReady);
    const again = await alice.get('/key').set(SAME_SITE);
    expect([again.status, again.text]).toEqual([200, KEY]);
    expect((await alice.get('/byok/api/keys').set(SAME_SITE)).body.keys).toMatchObject([{ status: 'active' }]);
    expect(edge.log.join('\n')).toContain('The key management service is available again. Keys can be decrypted.');
    expect(await hash()).toBe(before);
  });

  it('a visitor’s keys wait in their session and are not left behind at sign-in', async () => {
    const sessions = memorySessions();
    const visit = await sessions.request();
    await (await start()).byok.setKey(visit, 'openai', KEY);
    vault.sealed = true;
    const { app, byok } = await start();
    const signedIn = { ...visit, user: { id: 'alice' } };
    await expect(byok.adoptSessionKeys(signedIn)).rejects.toThrow(EncryptionError);
    vault.sealed = false;
    await until(() => app.get(KeyWrapperHealth).isReady);
    expect(await byok.adoptSessionKeys(signedIn)).toBe(1);
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    await sessions.close();
  });

  it('a secret behind it opens, and does not seal in its place', async () => {
    const secret = EncryptionService.generateSecret();
    await (await start([secret, wrapper()])).byok.setKey(ALICE, 'openai', KEY);
    vault.sealed = true;
    const { app, byok } = await start([wrapper(), secret]);
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    await expect(byok.setKey(ALICE, 'openai', KEY)).rejects.toThrow(EncryptionError);
    const rotation = app.get(RotationService);
    // Rows are not told to be unreadable either.
    for (const work of [rotation.rotate(), rotation.verify(), rotation.status()]) {
      await expect(work).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE' });
    }
  });

  it('a secret in front of it goes on', async () => {
    const secret = EncryptionService.generateSecret();
    const before = await start([wrapper(), secret]);
    await before.byok.setKey(ALICE, 'openai', KEY);
    vault.sealed = true;
    const { byok } = await start([secret, wrapper()]);
    await byok.setKey(ALICE, 'anthropic', KEY);
    expect(await byok.getKey(ALICE, 'anthropic')).toBe(KEY);
    await expect(byok.getKey(ALICE, 'openai')).rejects.toThrow(EncryptionError);
  });

  it('a first start, for which there is no root yet, is refused', async () => {
    vault.sealed = true;
    const failed = start();
    await expect(failed).rejects.toThrow(KeyWrapperError);
    await expect(failed).rejects.toThrow(/vault-transit:transit\/byok: Vault cannot encrypt now/);
    expect(await database.query('SELECT 1 FROM byok_keyring')).toEqual([]);
    vault.sealed = false;
    await (await start()).byok.setKey(ALICE, 'openai', KEY);
  });

  it('the old wrapper serves on, where it is the new one that is away', async () => {
    await (await start()).byok.setKey(ALICE, 'openai', KEY);
    const away = new VaultTransitWrapper({ address: 'http://127.0.0.1:1', token: 'an-example', key: 'newer' });
    const { byok } = await start([away, wrapper()]);
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    expect(await database.query('SELECT wrapper_id FROM byok_keyring')).toEqual([
      { wrapper_id: 'vault-transit:transit/byok' },
    ]);
  });

  it('short failures are waited out: a cut connection, then an error, then an answer', async () => {
    await (await start()).byok.setKey(ALICE, 'openai', KEY);
    vault.cut = 1;
    vault.failures = [{ status: 500, body: { errors: ['1 error occurred'] } }];
    const { app, byok } = await start();
    expect(app.get(KeyWrapperHealth).isReady).toBe(true);
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
  });

  it('an answer is waited for two seconds, and wiped when it comes later', async () => {
    const late = Buffer.alloc(32, 7);
    let answerLate: (bytes: Buffer) => void = () => undefined;
    const times: number[] = [];
    const answer = askWrapper(
      'slow',
      new AbortController().signal,
      // One that does not look at its signal.
      async () => {
        times.push(performance.now());
        return times.length === 1 ? new Promise<Buffer>((resolve) => (answerLate = resolve)) : Buffer.from('in time');
      },
      (bytes) => bytes.fill(0),
    );
    expect((await answer).toString()).toBe('in time');
    expect(times).toHaveLength(2);
    const waited = times[1] - times[0];
    expect(waited).toBeGreaterThan(2_090);
    expect(waited).toBeLessThan(30_000);
    answerLate(late);
    await until(() => late.equals(Buffer.alloc(32)));
  });

  it('three attempts are made where it is away, and one where it refuses, with pauses of chance length', async () => {
    const ask = async (refused: boolean, ending = new AbortController().signal): Promise<number[]> => {
      const times: number[] = [];
      const asked = askWrapper('away', ending, async () => {
        times.push(performance.now());
        throw new KeyWrapperError('away', refused);
      });
      await expect(asked).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE', refused });
      return times;
    };
    const runs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => ask(false)));
    for (const times of runs) {
      expect(times).toHaveLength(3);
      expect(times[1] - times[0]).toBeGreaterThan(95);
      expect(times[2] - times[1]).toBeGreaterThan(190);
    }
    const pauses = runs.map(([first, second]) => second - first);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(5);
    expect(await ask(true)).toHaveLength(1);
    const ended = new AbortController();
    setTimeout(() => ended.abort(), 20);
    expect(await ask(false, ended.signal)).toHaveLength(1);
  });

  it('what a wrapper throws is told by its kind alone', async () => {
    const failing = askWrapper('odd', new AbortController().signal, async () => {
      throw Object.assign(new Error('token hvs.an-example'), { code: 'ECONNRESET' });
    });
    await expect(failing).rejects.toMatchObject({
      refused: false,
      message: 'odd: the wrapper failed (Error ECONNRESET).',
    });
  });
});
