import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post, Req } from '@nestjs/common';
import {
  type ByokEvent,
  type ByokRequest,
  ByokService,
  KeyUnusableError,
  ResolvedApiKey,
  type StoredKey,
} from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { STORAGES_ON_PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { providerOf, sdkError } from '../support/refusals.js';

type Work = (key: ResolvedApiKey, byok: ByokService, request: ByokRequest) => unknown;

/** What the next request does with its caller's key. */
let work: Work;

@Controller()
class Working {
  constructor(private readonly byok: ByokService) {}

  @Post('work')
  async work(@Req() request: ByokRequest): Promise<object> {
    const key = await this.byok.resolveKey(request, 'openai');
    return { result: await Promise.resolve(work(key!, this.byok, request)).catch(String) };
  }

  @Get('keys')
  keys(@Req() request: ByokRequest): Promise<StoredKey[]> {
    return this.byok.listKeys(request);
  }
}

describe.each(STORAGES_ON_PLATFORMS)('A key in use, storage %s on %s', (storage, platform) => {
  const events: ByokEvent[] = [];
  let database: TestDatabase;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
    const options = {
      ...(storage !== 'session' && { db: database.url }),
      storage,
      providers: { openai: providerOf('openai', { name: 'Open AI Ltd' }) },
      rateLimit: false,
      onEvent: (event: ByokEvent) => void events.push(event),
    } as const;
    app = await startEdge({ platform, controllers: [Working], options });
  });
  afterEach(() => {
    events.length = 0;
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  const told = () => events.map(({ type }) => type).filter((type) => type === 'refused' || type === 'accepted');

  async function person() {
    const agent = await app.browser('alice');
    await agent.put('/byok/api/keys/openai').send({ apiKey: KEY }).expect(200);
    const run = async (now: Work): Promise<unknown> => {
      work = now;
      const { body } = await agent.post('/work').expect(201);
      return (body as { result: unknown }).result;
    };
    const lastCheck = async () => ((await agent.get('/keys').expect(200)).body as StoredKey[])[0].lastCheck;
    return { agent, run, lastCheck };
  }

  it('is noted as refused, and as accepted by the first success after it', async () => {
    const { run, lastCheck } = await person();
    const refuse: Work = (key) => key.use(() => Promise.reject(sdkError('openai', 401)));
    expect(await run(refuse)).toContain('Open AI Ltd refused the API key');
    expect(await lastCheck()).toMatchObject({ outcome: 'refused', reason: 'invalid', by: 'use' });
    expect(told()).toEqual(['refused']);

    expect(await run((key) => key.use(() => ({ status: 401 })))).toEqual({ status: 401 });
    expect(await lastCheck()).toMatchObject({ outcome: 'refused' });
    for (let i = 0; i < 3; i++) expect(await run((key) => key.use((apiKey) => apiKey.length))).toBe(KEY.length);
    expect(await lastCheck()).toMatchObject({ outcome: 'accepted', reason: null, by: 'use' });
    expect(told()).toEqual(['refused', 'accepted']);
  });

  it.each([
    [402, 'BYOK_KEY_NO_CREDIT', 'no-credit'],
    [403, 'BYOK_KEY_RESTRICTED', 'restricted'],
  ])('is noted as accepted with a reservation at %i', async (status, code, reason) => {
    const { run, lastCheck } = await person();
    let error: unknown;
    await run(async (key) => {
      error = await key.report(sdkError('openai', status));
    });
    expect(error).toMatchObject({ code });
    expect(await lastCheck()).toMatchObject({ outcome: 'accepted', reason, by: 'use' });
    expect(told()).toEqual(['refused']);
  });

  it('is used up to a refusal and after it by the same request', async () => {
    const { run, lastCheck } = await person();
    await run(async (key) => {
      await key.report(sdkError('openai', 401));
      await key.use(() => 'done');
    });
    expect(told()).toEqual(['refused', 'accepted']);
    expect(await lastCheck()).toMatchObject({ outcome: 'accepted' });
  });

  it('keeps nothing of a word about a key that was replaced meanwhile', async () => {
    const { run, lastCheck } = await person();
    await run(async (key, byok, request) => {
      await byok.setKey(request, 'openai', 'another-example-of-a-key-77ab');
      await key.report(sdkError('openai', 401));
    });
    expect(await lastCheck()).toBeNull();
  });

  it('writes nothing for a success', async () => {
    const { run, lastCheck } = await person();
    await run((key) => key.use(() => 'done'));
    expect(await lastCheck()).toBeNull();
    expect(told()).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['an error', new Error('a fault')],
    ['a text', 'a fault'],
    ['nothing', undefined],
    ['another answer of the provider', sdkError('openai', 500)],
    ['an answer about another key', sdkError('openai', 401, 'Bad key: ****zzzz')],
  ])('passes on %s as it is, thrown or rejected', async (_, error) => {
    const { run, lastCheck } = await person();
    const caught: unknown[] = [];
    const keep = (given: unknown) => void caught.push(given);
    await run(async (key) => {
      await key
        .use(async () => {
          await Promise.resolve();
          throw error;
        })
        .catch(keep);
      await key
        .use(() => {
          throw error;
        })
        .catch(keep);
      keep(await key.report(error));
    });
    expect(caught[0]).toBe(error);
    expect(caught[1]).toBe(error);
    expect(caught[2]).toBeUndefined();
    expect(await lastCheck()).toBeNull();
    expect(told()).toEqual([]);
  });
});

describe('A KeyUnusableError', () => {
  it('has no cause, no key and none of the words of the provider, and the form of http-errors', async () => {
    const database = await createDatabase();
    const app = await startEdge({ options: { db: database.url, providers: { openai: providerOf('openai') } } });
    try {
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      const key = await app.byok.resolveKey({ userId: 'alice' }, 'openai');
      const error = await key!.report(sdkError('openai', 401, `Incorrect API key provided: ${KEY}`));
      expect(error).toBeInstanceOf(KeyUnusableError);
      expect(error).toMatchObject({
        name: 'KeyUnusableError',
        code: 'BYOK_KEY_REFUSED',
        provider: 'openai',
        providers: ['openai'],
        label: 'default',
        status: 403,
        statusCode: 403,
        expose: true,
      });
      expect(error).not.toHaveProperty('cause');
      expect(Object.keys(error!).sort()).toEqual(
        ['code', 'expose', 'label', 'name', 'provider', 'providers', 'status', 'statusCode'].sort(),
      );
    } finally {
      await app.close();
      await database.drop();
    }
  });

  it('comes of a key in the hands of its caller even while nothing can be noted', async () => {
    const database = await createDatabase();
    const app = await startEdge({ options: { db: database.url, providers: { openai: providerOf('openai') } } });
    try {
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      const key = await app.byok.resolveKey({ userId: 'alice' }, 'openai');
      await database.query('ALTER TABLE user_api_keys RENAME TO elsewhere');
      expect(await key!.report(sdkError('openai', 401))).toMatchObject({ code: 'BYOK_KEY_REFUSED' });
      expect(app.log).toEqual(
        expect.arrayContaining([
          expect.stringContaining('Could not note what openai said of a key: BYOK_UNAVAILABLE.'),
        ]),
      );
      expect(app.log.join()).not.toContain(KEY);
    } finally {
      await app.close();
      await database.drop();
    }
  });

  it('does not come of a key that the application made itself', async () => {
    const key = new ResolvedApiKey('openai', 'default', KEY, {}, 'session', null);
    const error = sdkError('openai', 401);
    expect(await key.report(error)).toBeUndefined();
    await expect(key.use(() => Promise.reject(error))).rejects.toBe(error);
    await expect(key.use((apiKey) => apiKey)).resolves.toBe(KEY);
  });
});
