import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import session, { type MemoryStore } from 'express-session';
import { type ByokEvent, EncryptionService } from '../../lib/index.js';
import { KeyStorage } from '../../lib/entries/storage.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { OnClass, OnMethods, Scoped, Subclass } from '../support/guarded.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const keyOf = (provider: string) => `${KEY}-${provider}`;

/** Changes a byte of every record that is in a session. */
function spoil(store: MemoryStore): void {
  const { sessions } = store as MemoryStore & { sessions: Record<string, string> };
  for (const [id, text] of Object.entries(sessions)) {
    sessions[id] = text.replace(
      /("sealed":"[^"]{130})(.)/g,
      (_, start: string, c: string) => start + (c === 'A' ? 'B' : 'A'),
    );
  }
}

describe.each(STORAGES_ON_PLATFORMS)('ApiKeyGuard with %s storage on %s', (storage, platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let events: ByokEvent[];
  const store = new session.MemoryStore();

  beforeAll(async () => {
    database = await createDatabase();
    const db = storage === 'session' ? undefined : database.url;
    const onEvent = (event: ByokEvent) => void events.push(event);
    app = await startEdge({
      platform,
      options: { storage, db, onEvent, rateLimit: false, cleanup: { onRequest: false } },
      controllers: [OnMethods, OnClass, Subclass, Scoped],
      store,
    });
  });
  beforeEach(() => {
    events = [];
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function userWith(...keys: string[]) {
    const agent = await app.browser(`user-${Math.trunc(performance.now() * 1e6)}`);
    for (const name of keys) {
      const [provider, label] = name.split('/');
      await agent
        .put(`/byok/api/keys/${provider}`)
        .send({ apiKey: keyOf(name), label })
        .expect(200);
    }
    return agent;
  }

  it.each<[string, string[], object]>([
    ['on-methods/one', ['openai'], { key: keyOf('openai') }],
    ['on-methods/any', ['openai'], { provider: 'openai', key: keyOf('openai') }],
    ['on-methods/any', ['openai', 'anthropic'], { provider: 'anthropic', key: keyOf('anthropic') }],
    ['on-methods/labelled', ['openai', 'openai/work'], { label: 'work', key: keyOf('openai/work') }],
    [
      'on-methods/several',
      ['openai', 'mistral'],
      { mistral: keyOf('mistral'), openai: keyOf('openai'), first: keyOf('openai') },
    ],
    ['on-methods/twice', ['openai'], { key: keyOf('openai') }],
    ['on-methods/open', [], { open: true }],
    ['on-class/one', ['openai'], { key: keyOf('openai') }],
    ['on-class/both', ['openai', 'mistral'], { first: keyOf('openai'), mistral: keyOf('mistral') }],
    ['subclass/own', ['openai', 'mistral'], { openai: keyOf('openai'), mistral: keyOf('mistral') }],
    ['subclass/one', ['openai', 'mistral'], { key: keyOf('openai') }],
    ['scoped', ['openai'], { key: keyOf('openai') }],
  ])('lets %s have what it asks for of %j', async (path, keys, expected) => {
    const agent = await userWith(...keys);
    const read = jest.spyOn(app.nest.get<KeyStorage>(KeyStorage), 'read');
    const decrypt = jest.spyOn(app.nest.get(EncryptionService), 'decrypt');
    const { body } = await agent.get(`/${path}`).expect(200);
    expect(body).toEqual(expected);
    const handedOut = Object.values(expected).filter((value) => String(value).startsWith(KEY));
    expect(read).toHaveBeenCalledTimes(handedOut.length > 0 ? 1 : 0);
    const used = path === 'subclass/one' ? 2 : new Set(handedOut).size;
    expect(decrypt).toHaveBeenCalledTimes(used);
    expect(events.filter(({ type }) => type === 'used')).toHaveLength(used);
  });

  it.each<[string, string[], string[]]>([
    ['on-methods/one', [], ['openai']],
    ['on-methods/any', ['mistral'], ['anthropic', 'openai']],
    ['on-methods/labelled', ['openai'], ['openai']],
    ['on-methods/several', ['openai'], ['mistral']],
    ['on-class/one', ['mistral'], ['openai']],
    ['on-class/both', ['openai'], ['mistral']],
    ['on-class/both', ['mistral'], ['openai']],
    ['subclass/own', ['openai'], ['mistral']],
    ['subclass/own', ['mistral'], ['openai']],
    ['scoped', [], ['openai']],
  ])('keeps from %s who has only %j', async (path, keys, providers) => {
    const agent = await userWith(...keys);
    const decrypt = jest.spyOn(app.nest.get(EncryptionService), 'decrypt');
    const { body } = await agent.get(`/${path}`).expect(403);
    expect(body).toEqual({
      statusCode: 403,
      code: 'BYOK_KEY_REQUIRED',
      message: `An API key is required for: ${providers.join(' or ')}.`,
      providers,
      manageUrl: '/byok',
    });
    // What would not be used is not decrypted.
    expect(decrypt).not.toHaveBeenCalled();
    expect(events.filter(({ type }) => type === 'denied').map(({ provider }) => provider)).toEqual(providers);
  });

  it('does not take a key that cannot be read for one that is missing, nor the next instead', async () => {
    const agent = await userWith('anthropic', 'openai');
    await agent.get('/on-methods/any').expect(200);
    if (storage === 'session') spoil(store);
    else
      await database.query(
        `UPDATE user_api_keys SET ciphertext = set_byte(ciphertext, 95, 7 # get_byte(ciphertext, 95))`,
      );
    for (const path of ['on-methods/any', 'on-methods/one', 'on-class/one']) {
      const { body } = await agent.get(`/${path}`).expect(503);
      expect(body).toEqual({
        statusCode: 503,
        code: 'BYOK_UNAVAILABLE',
        message: 'A stored key could not be encrypted or decrypted.',
      });
    }
    const list = await agent.get('/byok/api/keys').expect(200);
    expect(list.body.keys).toMatchObject([{ provider: 'anthropic' }, { provider: 'openai' }]);
  });

  it('lets the storage see that nobody waits for the key any more', async () => {
    const agent = await userWith('openai');
    const keys = app.nest.get<KeyStorage>(KeyStorage);
    let isAbandoned: (() => boolean) | undefined;
    let answer: ((found: null[]) => void) | undefined;
    const asked = new Promise<void>((resolve) => {
      jest.spyOn(keys, 'read').mockImplementation((_place, _slots, given) => {
        isAbandoned = given;
        resolve();
        return new Promise((found) => (answer = found));
      });
    });
    const request = agent.get('/on-methods/one');
    void request.then(
      () => undefined,
      () => undefined,
    );
    await asked;
    expect(isAbandoned!()).toBe(false);
    request.abort();
    while (!isAbandoned!()) await sleep(5);
    answer!([null]);
  });
});
