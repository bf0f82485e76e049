import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Catch, type ExecutionContext, Injectable, Module, SetMetadata, UseFilters, UseGuards } from '@nestjs/common';
import { of } from 'rxjs';
import { ApiKeyGuard, ByokModule, type ByokRequest, RequireApiKey } from '../../lib/index.js';
import { type ByokApp, SECRET, startWith } from '../support/byok-app.js';
import { callElsewhere } from '../support/call-elsewhere.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { providerOf, sdkError } from '../support/refusals.js';

/** How Nest calls the handlers of each context, and what the application knows of the sender. */
const CONTEXTS: Record<string, (known: object) => unknown[]> = {
  graphql: (known) => [{}, {}, { known }, { fieldName: 'use' }],
  rpc: (known) => [{}, { known }],
  ws: (known) => [{ known }, {}, 'use'],
};

let thrown: unknown;

class Known extends ApiKeyGuard {
  protected override getRequest(context: ExecutionContext): ByokRequest {
    const { known } = context.getArgs().find((arg) => arg?.known) as { known: { user: string } };
    return { headers: {}, user: { id: known.user } };
  }
}

@Catch()
class OnClass {
  catch() {
    return of('caught');
  }
}

@Injectable()
@SetMetadata('graphql:resolver_type', 'Query')
class Plain {
  @RequireApiKey('openai')
  @UseGuards(Known)
  use() {
    throw thrown;
  }
}

@UseFilters(OnClass)
class Caught extends Plain {}

@Module({ providers: [Plain, Caught] })
class HandlersModule {}

describe.each(Object.keys(CONTEXTS))('An error of a handler that %s calls', (type) => {
  let database: TestDatabase;
  let app: ByokApp;

  beforeAll(async () => {
    database = await createDatabase();
    const byok = ByokModule.forRoot({ secret: SECRET, db: database.url, providers: { openai: providerOf('openai') } });
    app = await startWith(byok, HandlersModule);
    await app.byok.setKey({ userId: 'alice' }, 'openai', 'an-example-of-an-api-key-1f9c');
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function call(handlers: Plain) {
    const sent: unknown[] = [];
    const args = CONTEXTS[type]({ user: 'alice' });
    if (type === 'ws') Object.assign(args[0] as object, { emit: (...event: unknown[]) => void sent.push(event) });
    try {
      return { answer: await callElsewhere(app.app, handlers, 'use', type, args), sent };
    } catch (error) {
      return { error, sent };
    }
  }

  /** Each context has its own way to tell an error. */
  const told = (body: object) =>
    type === 'ws' ? { sent: [['exception', expect.objectContaining(body)]] } : { error: expect.objectContaining(body) };

  it('is answered if the provider refused the key', async () => {
    thrown = sdkError('openai', 401);
    const expected = told({ code: 'BYOK_KEY_REFUSED', provider: 'openai', label: 'default' });
    expect(await call(app.app.get(Plain))).toMatchObject(expected);
    expect((await app.byok.listKeys({ userId: 'alice' }))[0].lastCheck).toMatchObject({
      outcome: 'refused',
      by: 'use',
    });
  });

  it('goes its way if it is about another key', async () => {
    const error = sdkError('openai', 401, 'Incorrect API key provided: ****zzzz');
    thrown = error;
    const answer = await call(app.app.get(Plain));
    if (type === 'graphql') expect(answer).toMatchObject({ error });
    else expect(answer).toMatchObject(told({ status: 'error', message: 'Internal server error' }));
    expect(await call(app.app.get(Caught))).toMatchObject({ answer: 'caught', sent: [] });
  });

  it('goes its way if it is none of a provider', async () => {
    thrown = new Error('a fault');
    expect(await call(app.app.get(Caught))).toMatchObject({ answer: 'caught', sent: [] });
  });
});
