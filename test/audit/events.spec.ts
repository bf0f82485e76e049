import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ByokEvent, type ByokModuleOptions, EncryptionService } from '../../lib/index.js';
import { type ByokApp, SECRET, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { memorySessions } from '../support/sessions.js';

const KEY = 'test-key-alice-0123456789';
const ALICE = { userId: 'alice' };

describe('onEvent', () => {
  let database: TestDatabase;
  let apps: ByokApp[];
  let events: ByokEvent[];

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
    events = [];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(onEvent: ByokModuleOptions['onEvent'] = (event) => void events.push(event)) {
    const app = await startByok({ db: database.url, onEvent });
    apps.push(app);
    return app.byok;
  }

  const types = () => events.map(({ type, provider, label }) => `${type} ${provider}/${label}`);

  it('is told of everything that happens to keys', async () => {
    const byok = await start();
    const begun = Date.now();
    await byok.setKey(ALICE, 'openai', KEY);
    await byok.setKey(ALICE, 'openai', KEY);
    await byok.setKey(ALICE, 'old', KEY, { label: 'work', ttl: 1 });
    await byok.getKey(ALICE, 'openai');
    await byok.getKey(ALICE, 'none');
    await byok.hasKey(ALICE, 'openai');
    await byok.listKeys(ALICE);
    await byok.deleteKey(ALICE, 'openai');
    await byok.deleteKey(ALICE, 'openai');
    await new Promise((resolve) => setTimeout(resolve, 20));
    await byok.deleteExpired(ALICE);
    await byok.setKey(ALICE, 'a', KEY, { ttl: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await byok.deleteExpired();
    await byok.setKey(ALICE, 'b', KEY);
    await byok.clearKeys(ALICE);
    expect(types()).toEqual([
      'stored openai/default',
      'replaced openai/default',
      'stored old/work',
      'used openai/default',
      'deleted openai/default',
      'expired old/work',
      'stored a/default',
      'expired a/default',
      'stored b/default',
      'deleted b/default',
    ]);
    expect(
      events.every(({ owner, source }) => owner.kind === 'user' && owner.id === 'alice' && source === 'database'),
    ).toBe(true);
    expect(events.every(({ at }) => at.getTime() >= begun && at.getTime() <= Date.now())).toBe(true);
    expect(events[0].keyId).toBe(new EncryptionService(SECRET).keyId.toString('hex'));
  });

  it('is told of a key that cannot be decrypted', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', KEY);
    await database.query(`UPDATE user_api_keys SET ciphertext = '\\x00'`);
    await expect(byok.getKey(ALICE, 'openai')).rejects.toThrow('could not be encrypted or decrypted');
    expect(types()).toEqual(['stored openai/default', 'decryptFailed openai/default']);
  });

  it("is told which request it was, and of a visitor without the session's id", async () => {
    const byok = await start();
    const request = await memorySessions().request(undefined, { id: 'request-7' });
    await byok.setKey(request, 'openai', KEY);
    expect(events[0]).toEqual({
      type: 'stored',
      at: expect.any(Date),
      owner: { kind: 'session', id: expect.stringMatching(/^[\w-]{43}$/) },
      source: 'session',
      provider: 'openai',
      label: 'default',
      keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
      requestId: 'request-7',
    });
    expect(JSON.stringify(events)).not.toContain(request.sessionID);
  });

  it('is told no key, in no form', async () => {
    const byok = await start();
    await byok.setKey(ALICE, 'openai', KEY, { fields: { note: 'a-field-of-the-test' } });
    await byok.resolveKey(ALICE, 'openai');
    await byok.clearKeys(ALICE);
    const text = JSON.stringify(events);
    expect(events).toHaveLength(3);
    for (const secret of [KEY, 'a-field-of-the-test', SECRET]) {
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
        expect(text).not.toContain(form);
      }
    }
    // A hint is no key, but it is not in an event either.
    expect(text).not.toContain('6789');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('a listener failed');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('a listener failed');
      },
    ],
    [
      'rejects with a promise of another library',
      () => ({
        then: (_: unknown, fail: (error: Error) => void) => fail(new Error('a listener failed')),
      }),
    ],
  ])('harms nothing when it %s', async (_, listener) => {
    const rejections: unknown[] = [];
    const onRejection = (error: unknown) => void rejections.push(error);
    process.on('unhandledRejection', onRejection);
    let told = 0;
    try {
      const byok = await start(() => (told++, listener()) as void);
      await byok.setKey(ALICE, 'openai', KEY);
      expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
      expect(await byok.clearKeys(ALICE)).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 10));
    } finally {
      process.off('unhandledRejection', onRejection);
    }
    expect({ told, rejections }).toEqual({ told: 3, rejections: [] });
  });
});
