import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ByokEvent, type ByokModuleOptions, type ByokService } from '../../lib/index.js';
import { findLeaks } from '../../lib/entries/testing.js';
import { SECRET } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { providerOf, sdkError } from '../support/refusals.js';
import { failure } from './handlers.js';

/** What a caller was sent: the answer, or the fields of the error in the form of the context, and all of it as text. */
export interface Reply {
  answer?: unknown;
  error?: Record<string, unknown>;
  text: string;
}

export interface Said {
  provider?: string;
  userId?: string;
}

/** An application in one context, and callers of it. */
export interface Running {
  byok: ByokService;
  /** Everything the application has logged. */
  log: string[];
  /** Calls a handler as this user; `undefined` is nobody. */
  call(handler: string, user: string | undefined, said?: Said): Promise<Reply>;
  close(): Promise<void>;
}

export type StartContext = (options: ByokModuleOptions) => Promise<Running>;

export const keyOf = (user: string, provider = 'openai'): string => `an-example-of-a-key-of-${user}-${provider}-1f9c`;

/** Of `startContext`'s application, for what is peculiar to the context. */
export interface Bench {
  app: Running;
  database: TestDatabase;
  events: ByokEvent[];
}

/** The guarded behaviour that every context has; `more` adds what only this one has. */
export function describeContext(name: string, start: StartContext, more?: (bench: Bench) => void): void {
  describe(name, () => {
    const bench = { events: [] as ByokEvent[] } as Bench;

    beforeAll(async () => {
      bench.database = await createDatabase();
      bench.app = await start({
        secret: SECRET,
        storage: 'database',
        db: bench.database.url,
        providers: { openai: providerOf('openai'), mistral: providerOf('mistral'), anthropic: {} },
        onEvent: (event) => void bench.events.push(event),
      });
      for (const user of ['alice', 'bob']) {
        await bench.app.byok.setKey({ userId: user }, 'openai', keyOf(user));
        await bench.app.byok.setKey({ userId: user }, 'mistral', keyOf(user, 'mistral'));
      }
      for (const user of ['carl', 'dora']) await bench.app.byok.setKey({ userId: user }, 'openai', keyOf(user));
      await bench.database.query(
        `UPDATE user_api_keys SET ciphertext = overlay(ciphertext placing '\\x0000'::bytea from 40) WHERE owner_id = 'dora'`,
      );
    });
    beforeEach(() => {
      bench.events.length = 0;
    });
    afterAll(async () => {
      await bench.app.close();
      await bench.database.drop();
    });

    const call = async (handler: string, user: string | undefined, said?: Said) => {
      const reply = await bench.app.call(handler, user, said);
      // Nobody is sent a key, except by the handlers that do nothing else.
      if (reply.error) for (const of of ['alice', 'bob', 'carl']) expect(findLeaks(keyOf(of), reply.text)).toEqual([]);
      if (reply.error) expect(reply.text).not.toMatch(/Handlers|node_modules|\.[jt]s:\d/);
      return reply;
    };

    it.each([
      ['give', keyOf('alice')],
      ['two', `${keyOf('alice')} ${keyOf('alice', 'mistral')}`],
      ['either', `mistral ${keyOf('alice', 'mistral')}`],
    ])('gives %s the keys of the caller', async (handler, answer) => {
      expect(await call(handler, 'alice')).toMatchObject({ answer });
    });

    it('gives everybody their own, at the same time', async () => {
      const users = ['alice', 'bob', 'alice', 'carl', 'bob', 'alice'];
      const replies = await Promise.all(users.map((user) => call('give', user)));
      expect(replies.map(({ answer }) => answer)).toEqual(users.map((user) => keyOf(user)));
    });

    it('gives the key of the provider that the call names', async () => {
      const [openai, mistral] = await Promise.all(
        ['openai', 'mistral'].map((provider) => call('named', 'alice', { provider })),
      );
      expect([openai.answer, mistral.answer]).toEqual([
        `openai ${keyOf('alice')}`,
        `mistral ${keyOf('alice', 'mistral')}`,
      ]);
      for (const provider of ['unknown', '__proto__', undefined]) {
        expect(await call('named', 'alice', { provider })).toMatchObject({ error: { code: 'BYOK_INVALID_INPUT' } });
      }
    });

    it.each<[string, string, string[], Said]>([
      ['give', 'erin', ['openai'], {}],
      ['two', 'carl', ['mistral'], {}],
      ['either', 'carl', ['anthropic', 'mistral'], {}],
      ['named', 'carl', ['mistral'], { provider: 'mistral' }],
    ])('says to callers of %s what %s needs', async (handler, user, providers, said) => {
      const error = { code: 'BYOK_KEY_REQUIRED', message: expect.any(String), providers, manageUrl: '/byok' };
      expect(await call(handler, user, said)).toMatchObject({ error });
      expect(bench.events).toEqual(providers.map((provider) => expect.objectContaining({ type: 'denied', provider })));
    });

    it('refuses nobody in particular', async () => {
      expect(await call('give', undefined)).toMatchObject({ error: { code: 'BYOK_USER_REQUIRED' } });
      expect(await call('open', undefined)).toMatchObject({ answer: 'open' });
    });

    it('lets nobody name somebody else', async () => {
      expect(await call('give', 'bob', { userId: 'alice' })).toMatchObject({ answer: keyOf('bob') });
      expect(await call('give', 'erin', { userId: 'alice' })).toMatchObject({ error: { code: 'BYOK_KEY_REQUIRED' } });
      expect(await call('give', undefined, { userId: 'alice' })).toMatchObject({
        error: { code: 'BYOK_USER_REQUIRED' },
      });
    });

    it('does not take an unreadable key for a missing one', async () => {
      const { error } = await call('give', 'dora');
      expect(error).toMatchObject({ code: 'BYOK_UNAVAILABLE', message: expect.any(String) });
      expect(error).not.toHaveProperty('providers');
      expect(bench.events).toMatchObject([{ type: 'decryptFailed' }]);
    });

    it.each([
      ['fail', 'openai'],
      ['use', 'openai'],
      ['report', 'openai'],
      ['failOfTwo', 'mistral'],
    ])('says that the provider refused the key of %s', async (handler, provider) => {
      failure.of = (key) => sdkError(provider, 401, `Incorrect key: ${key.apiKey}`);
      const { error } = await call(handler, 'alice');
      const known = { provider, providers: [provider], label: 'default', manageUrl: '/byok' };
      expect(error).toMatchObject({ code: 'BYOK_KEY_REFUSED', message: expect.any(String), ...known });
      expect(bench.events).toContainEqual(expect.objectContaining({ type: 'refused', provider }));
    });

    it('says that the key has no credit', async () => {
      failure.of = () => sdkError('openai', 402);
      for (const handler of ['fail', 'use', 'report']) {
        expect(await call(handler, 'alice')).toMatchObject({
          error: { code: 'BYOK_KEY_NO_CREDIT', provider: 'openai' },
        });
      }
    });

    it("leaves the application's own errors to it", async () => {
      failure.of = () => new Error('an error of the application');
      for (const handler of ['fail', 'use', 'report', 'failOfTwo']) {
        const { error } = await call(handler, 'alice');
        expect(error).toEqual(expect.anything());
        expect(String(error?.['code'])).not.toMatch(/^BYOK_/);
      }
      expect(bench.events.filter(({ type }) => type !== 'used')).toEqual([]);
    });

    it('notices at the next call that a key is new, or gone', async () => {
      const user = { userId: 'frank' };
      expect(await call('give', 'frank')).toMatchObject({ error: { code: 'BYOK_KEY_REQUIRED' } });
      await bench.app.byok.setKey(user, 'openai', keyOf('frank'));
      expect(await call('give', 'frank')).toMatchObject({ answer: keyOf('frank') });
      await bench.app.byok.setKey(user, 'openai', `${keyOf('frank')}-new`);
      expect(await call('give', 'frank')).toMatchObject({ answer: `${keyOf('frank')}-new` });
      await bench.app.byok.deleteKey(user, 'openai');
      expect(await call('give', 'frank')).toMatchObject({ error: { code: 'BYOK_KEY_REQUIRED' } });
    });

    it('logs no key', () => {
      for (const user of ['alice', 'bob', 'carl', 'frank']) expect(findLeaks(keyOf(user), bench.app.log)).toEqual([]);
    });

    if (more) more(bench);
  });
}
