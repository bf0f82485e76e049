import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module, SetMetadata, UseGuards, type ExecutionContext } from '@nestjs/common';
import { ApiKey, ApiKeyGuard, ByokModule, type ByokRequest, RequireApiKey } from '../../lib/index.js';
import { type ByokApp, SECRET, startWith } from '../support/byok-app.js';
import { callElsewhere } from '../support/call-elsewhere.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-an-api-key-1f9c';

/** How Nest calls the handlers of each context: what a message says, and what the application knows of its sender. */
const CONTEXTS: Record<string, (said: unknown, known: object) => unknown[]> = {
  graphql: (said, known) => [said, {}, { known }, { fieldName: 'use' }],
  rpc: (said, known) => [said, { known }],
  ws: (said, known) => [{ known }, said, 'use'],
};

/** Where an application of ours would keep who is at the other end. */
class Known extends ApiKeyGuard {
  protected override getRequest(context: ExecutionContext): ByokRequest {
    const { known } = context.getArgs().find((arg) => arg?.known) as { known: { user: string } };
    return { headers: {}, user: { id: known.user } };
  }
}

// What the packages that call handlers elsewhere leave on their classes.
@Injectable()
@SetMetadata('graphql:resolver_type', 'Query')
class Handlers {
  @RequireApiKey('openai')
  plain(@ApiKey() key: string) {
    return key;
  }

  @RequireApiKey('openai')
  @UseGuards(Known)
  extended(@ApiKey() key: string) {
    return key;
  }
}

@Module({ providers: [Handlers] })
class HandlersModule {}

describe.each(Object.keys(CONTEXTS))('ApiKeyGuard where %s calls the handlers', (type) => {
  let database: TestDatabase;
  let app: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startWith(ByokModule.forRoot({ secret: SECRET, db: database.url }), HandlersModule);
    await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  /** What the caller is told, and what a client on the other end of a websocket is sent. */
  async function call(method: 'plain' | 'extended', user: string, said: unknown) {
    const sent: unknown[] = [];
    const known = { user };
    const args = CONTEXTS[type](said, known);
    if (type === 'ws') Object.assign(args[0] as object, { emit: (...event: unknown[]) => void sent.push(event) });
    try {
      const answer = await callElsewhere(app.app, app.app.get(Handlers), method, type, args);
      return { answer, sent };
    } catch (error) {
      return { error, sent };
    }
  }

  /** Each context has its own way to tell an error. */
  const told = (code: string) => {
    const body = expect.objectContaining({ code, message: expect.any(String) });
    return type === 'ws' ? { sent: [['exception', body]] } : { error: body, sent: [] };
  };

  it.each([
    ['an id', { userId: 'alice' }],
    ['what looks like a request', { headers: {}, user: { id: 'alice' } }],
    ['nothing', undefined],
  ])('refuses to take %s of a message for its caller', async (_, said) => {
    expect(await call('plain', 'alice', said)).toMatchObject(told('BYOK_CONFIGURATION'));
  });

  it('gives a subclass the keys of the caller that it knows, with each message anew', async () => {
    const said = () => ({ userId: 'bob' });
    expect(await call('extended', 'alice', said())).toEqual({ answer: KEY, sent: [] });
    expect(await call('extended', 'bob', said())).toMatchObject(told('BYOK_KEY_REQUIRED'));
    await app.byok.deleteKey({ userId: 'alice' }, 'openai');
    expect(await call('extended', 'alice', said())).toMatchObject(told('BYOK_KEY_REQUIRED'));
  });
});
