import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ExecutionContext, Injectable, Module, SetMetadata } from '@nestjs/common';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { ApiKey, ByokModule, type ByokModuleOptions, type KeyHolder, RequireApiKey } from '../../lib/index.js';
import { type ByokApp, SECRET, startWith } from '../support/byok-app.js';
import { callElsewhere } from '../support/call-elsewhere.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-an-api-key-1f9c';

@Injectable()
@SetMetadata('graphql:resolver_type', 'Query')
class Handlers {
  @RequireApiKey('openai')
  use(@ApiKey() key: string) {
    return key;
  }
}

@Module({ providers: [Handlers] })
class HandlersModule {}

/** Whose connection it is, as an application would keep it. */
const userOf = (context: ExecutionContext): KeyHolder | undefined => {
  const { known } = context.getArgs().find((arg) => arg?.known) as { known: { user?: string } };
  return known.user === undefined ? undefined : { userId: known.user };
};

/** A request as a platform has it. */
function requestOf(user: string): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { user: { id: user } });
}

describe('Outside of HTTP', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());

  async function withApp(options: Partial<ByokModuleOptions>, work: (app: ByokApp) => Promise<void>): Promise<void> {
    const app = await startWith(ByokModule.forRoot({ secret: SECRET, db: database.url, ...options }), HandlersModule);
    try {
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
      await work(app);
    } finally {
      await app.close();
    }
  }

  /** What a call gives, or the code of its error. */
  async function call(app: ByokApp, type: string, args: unknown[]): Promise<unknown> {
    const sent: { code: string }[] = [];
    if (type === 'ws')
      Object.assign(args[0] as object, { emit: (_: string, body: { code: string }) => sent.push(body) });
    try {
      const answer = await callElsewhere(app.app, app.app.get(Handlers), 'use', type, args);
      return sent[0]?.code ?? answer;
    } catch (error) {
      // A client of a websocket is sent its error. Nest throws it too, where no package for websockets is.
      return type === 'ws' ? sent[0]?.code : (error as { code?: string }).code;
    }
  }

  const CONTEXTS: Record<string, (known: object, said?: unknown) => unknown[]> = {
    graphql: (known, said = {}) => [said, {}, { known }, { fieldName: 'use' }],
    rpc: (known, said = {}) => [said, { known }],
    ws: (known, said = {}) => [{ known }, said, 'use'],
  };

  it.each(Object.entries(CONTEXTS))(
    'resolveHolder says whose keys are meant, for each call of %s',
    async (type, argsOf) => {
      await withApp({ resolveHolder: userOf }, async (app) => {
        const known: { user?: string } = { user: 'alice' };
        expect(await call(app, type, argsOf(known, { userId: 'bob' }))).toBe(KEY);
        known.user = 'bob';
        expect(await call(app, type, argsOf(known))).toBe('BYOK_KEY_REQUIRED');
        known.user = undefined;
        expect(await call(app, type, argsOf(known, { userId: 'alice' }))).toBe('BYOK_USER_REQUIRED');
        known.user = 'alice';
        await app.byok.deleteKey({ userId: 'alice' }, 'openai');
        expect(await call(app, type, argsOf(known))).toBe('BYOK_KEY_REQUIRED');
      });
    },
  );

  it("keeps the application's own error of resolveHolder", async () => {
    const own = Object.assign(new Error('Not connected.'), { code: 'OWN' });
    await withApp({ resolveHolder: () => Promise.reject(own) }, async (app) => {
      expect(await call(app, 'graphql', CONTEXTS['graphql']({}))).toBe('OWN');
    });
  });

  it('needs messages of a websocket that are objects', async () => {
    await withApp({ resolveHolder: userOf }, async (app) => {
      expect(await call(app, 'ws', CONTEXTS['ws']({ user: 'alice' }, 'text'))).toBe('BYOK_CONFIGURATION');
    });
  });

  describe('in GraphQL', () => {
    const field = (context: object, operation = 'query') => [{}, {}, context, { operation: { operation } }];

    it.each<[string, (request: IncomingMessage) => object]>([
      ['req', (req) => ({ req })],
      ['request', (request) => ({ request })],
      ['reply.request', (raw) => ({ reply: { request: { raw, headers: {}, user: { id: 'alice' } } } })],
    ])("takes the server's own request as %s", async (_, contextOf) => {
      await withApp({}, async (app) => {
        expect(await call(app, 'graphql', field(contextOf(requestOf('alice'))))).toBe(KEY);
        expect(await call(app, 'graphql', field({ req: requestOf('bob') }))).toBe('BYOK_KEY_REQUIRED');
      });
    });

    it.each<[string, object, string?]>([
      ['an object that looks like one', { req: { headers: {}, user: { id: 'alice' } } }],
      ['one that wraps it', { req: { raw: { headers: {} }, headers: {}, user: { id: 'alice' } } }],
      ['one of a subscription', { req: requestOf('alice') }, 'subscription'],
      ['nothing', {}],
    ])('does not take %s', async (_, context, operation = 'query') => {
      await withApp({}, async (app) => {
        expect(await call(app, 'graphql', field(context, operation))).toBe('BYOK_CONFIGURATION');
      });
    });
  });
});
