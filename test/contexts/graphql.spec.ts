import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { expect, it } from '@jest/globals';
import { type DynamicModule, type ExecutionContext } from '@nestjs/common';
import {
  Args,
  Field,
  GqlExecutionContext,
  type GqlModuleOptions,
  GraphQLModule,
  ObjectType,
  Query,
  Mutation,
  ResolveField,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'undici';
import {
  ApiKey,
  type ByokModuleOptions,
  type KeyHolder,
  RequireApiKey,
  type ResolvedApiKey,
  ResolvedKey,
} from '../../lib/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import type { Platform } from '../support/platforms.js';
import { sdkError } from '../support/refusals.js';
import { describeContext, keyOf, type Reply, type Running, type Said } from './behaviour.js';
import { failure, handlersOf, type Kind } from './handlers.js';

/** Queries, or mutations. */
function kindOf(operation: typeof Query | typeof Mutation): Kind {
  return {
    handler: (name) => operation(() => String, { name: name + (operation === Mutation ? 'Mutation' : '') }),
    said: (name) => Args(name, { nullable: true, type: () => String }),
    saidTo: (context) => GqlExecutionContext.create(context).getArgs(),
    answer: (value) => value,
  };
}

const Queries = handlersOf(kindOf(Query));
const Mutations = handlersOf(kindOf(Mutation));
Resolver()(Queries);
Resolver()(Mutations);

@ObjectType()
class Item {
  @Field(() => String)
  id!: string;
}

@Resolver(() => Item)
class Items {
  @Query(() => [Item])
  items(): Item[] {
    return Array.from({ length: 100 }, (_, i) => ({ id: String(i) }));
  }

  @ResolveField(() => String)
  @RequireApiKey('openai')
  key(@ApiKey() apiKey: string) {
    return apiKey;
  }

  @ResolveField(() => String)
  @RequireApiKey('openai')
  refused(@ResolvedKey() key: ResolvedApiKey) {
    throw failure.of(key);
  }
}

@Resolver()
class Subscriptions {
  @Subscription(() => String, { resolve: (value: string) => value })
  @RequireApiKey('openai')
  async *give(@ApiKey() apiKey: string) {
    yield apiKey;
    yield apiKey;
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  @RequireApiKey('openai')
  fail(@ResolvedKey() key: ResolvedApiKey) {
    throw failure.of(key);
  }

  @Subscription(() => String, { resolve: (value: string) => value })
  @RequireApiKey('openai')
  async *failLater(@ResolvedKey() key: ResolvedApiKey) {
    yield 'first';
    await key.use(() => Promise.reject(failure.of(key)));
  }
}

interface Connected {
  user?: string;
}

/** In a subscription, what the application put into the context when the connection was made. */
function holderOf(context: ExecutionContext): KeyHolder | undefined {
  const { user } = GqlExecutionContext.create(context).getContext<Connected>();
  return user === undefined ? undefined : { userId: user };
}

// Nest runs the guards of fields only where it is asked to.
const common: Pick<GqlModuleOptions, 'autoSchemaFile' | 'fieldResolverEnhancers'> = {
  autoSchemaFile: true,
  fieldResolverEnhancers: ['guards', 'filters'],
};

interface ApolloContext {
  req?: unknown;
  extra?: Connected;
}

const MODULES: [string, Platform, () => DynamicModule][] = [
  [
    'Apollo',
    'express',
    () =>
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        ...common,
        subscriptions: {
          'graphql-ws': {
            onConnect: ({ connectionParams, extra }) => {
              (extra as Connected).user = connectionParams?.['user'] as string | undefined;
            },
          },
        },
        context: ({ req, extra }: ApolloContext) => (extra ? { user: extra.user } : { req }),
      }),
  ],
  [
    'Apollo',
    'fastify',
    () =>
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        ...common,
      }),
  ],
  [
    'Mercurius',
    'fastify',
    () =>
      GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        ...common,
        jit: 1,
        subscription: {
          fullWsTransport: true,
          onConnect: ({ payload }) => ({ user: (payload as Connected | undefined)?.user }),
        },
      }),
  ],
];

interface GraphqlError {
  message: string;
  extensions?: Record<string, unknown>;
}

interface GraphqlAnswer {
  data?: Record<string, unknown> | null;
  errors?: GraphqlError[];
}

let edge: EdgeApp;

async function send(query: string, user?: string): Promise<GraphqlAnswer> {
  const { body } = await edge.client(user).post('/graphql').send({ query });
  return body as GraphqlAnswer;
}

function replyOf({ data, errors }: GraphqlAnswer, field: string): Reply {
  const text = JSON.stringify({ data, errors });
  if (!errors) return { answer: data?.[field], text };
  const [{ message, extensions }] = errors;
  return { error: { message, ...extensions }, text };
}

const starting =
  (platform: Platform, module: () => DynamicModule, suffix: string) =>
  async (options: ByokModuleOptions): Promise<Running> => {
    edge = await startEdge({
      platform,
      options: { ...options, rateLimit: false, resolveHolder: holderOf },
      imports: [module()],
      providers: [Queries, Mutations, Items, Subscriptions],
      sessions: false,
    });
    const { byok, log, close } = edge;
    return {
      byok,
      log,
      close,
      call: async (handler: string, user: string | undefined, said: Said = {}) => {
        const args = Object.entries(said).filter(([, value]) => value !== undefined);
        const list = args.map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ');
        const field = handler + suffix;
        const operation = suffix ? 'mutation' : 'query';
        return replyOf(await send(`${operation} { ${field}${list && `(${list})`} }`, user), field);
      },
    };
  };

it('does not start with guarded fields whose guards would not run', async () => {
  for (const fieldResolverEnhancers of [undefined, ['filters'] as const]) {
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      fieldResolverEnhancers: fieldResolverEnhancers && [...fieldResolverEnhancers],
    });
    const start = startEdge({ options: {}, imports: [graphql], providers: [Items], sessions: false });
    await expect(start).rejects.toThrow(
      'Items.key() uses @RequireApiKey(), but GraphQLModule runs no guards for fields.',
    );
  }
});

/** Everything that a subscription of this user is sent. */
async function subscribe(field: string, user?: string): Promise<unknown[]> {
  const client = createClient({
    url: `${edge.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { user },
    retryAttempts: 0,
  });
  const received: unknown[] = [];
  await new Promise<void>((resolve) => {
    client.subscribe<Record<string, unknown>>(
      { query: `subscription { ${field} }` },
      {
        next: ({ data, errors }) => void received.push(errors ?? data?.[field]),
        error: (error) => {
          received.push(error);
          resolve();
        },
        complete: resolve,
      },
    );
  });
  await client.dispose();
  return received;
}

for (const [name, platform, module] of MODULES) {
  describeContext(`Queries of ${name} on ${platform}`, starting(platform, module, ''), ({ events }) => {
    it('looks a key up once for all fields of a list', async () => {
      const { data, errors } = await send('{ items { key } }', 'bob');
      expect(errors).toBeUndefined();
      const items = data?.['items'] as { key: string }[];
      expect(new Set(items.map(({ key }) => key))).toEqual(new Set([keyOf('bob')]));
      expect(items).toHaveLength(100);
      expect(events.filter(({ type }) => type === 'used')).toHaveLength(1);
    });

    it('reports a missing key once for all fields of a list', async () => {
      const { errors } = await send('{ items { key } }', 'erin');
      expect(errors?.[0].extensions).toMatchObject({ code: 'BYOK_KEY_REQUIRED', providers: ['openai'] });
      expect(events.filter(({ type }) => type === 'denied')).toHaveLength(1);
    });

    it('answers fields whose key was refused', async () => {
      failure.of = () => sdkError('openai', 401);
      const { errors } = await send('{ items { refused } }', 'bob');
      expect(errors?.[0].extensions).toMatchObject({ code: 'BYOK_KEY_REFUSED', provider: 'openai' });
    });

    it('gives each alias the provider that it names', async () => {
      const { data } = await send('{ a: named(provider: "openai") b: named(provider: "mistral") c: give }', 'bob');
      expect(data).toEqual({
        a: `openai ${keyOf('bob')}`,
        b: `mistral ${keyOf('bob', 'mistral')}`,
        c: keyOf('bob'),
      });
    });
  });
}

for (const [name, platform, module] of MODULES.filter((_, i) => i !== 1)) {
  describeContext(`Mutations of ${name} on ${platform}`, starting(platform, module, 'Mutation'), () => {
    it('gives a subscription the key of whoever connected', async () => {
      expect(await subscribe('give', 'alice')).toEqual([keyOf('alice'), keyOf('alice')]);
      expect(await subscribe('give', 'bob')).toEqual([keyOf('bob'), keyOf('bob')]);
    });

    it.each<[string, string | undefined, object]>([
      ['give', 'erin', { code: 'BYOK_KEY_REQUIRED', providers: ['openai'], manageUrl: '/byok' }],
      ['give', undefined, { code: 'BYOK_USER_REQUIRED' }],
      ['fail', 'alice', { code: 'BYOK_KEY_REFUSED', provider: 'openai', manageUrl: '/byok' }],
    ])('answers a subscription to %s of %s that cannot begin', async (field, user, extensions) => {
      failure.of = () => sdkError('openai', 401);
      const received = await subscribe(field, user);
      expect(received).toEqual([[expect.objectContaining({ extensions: expect.objectContaining(extensions) })]]);
    });

    it('ends a subscription whose key is refused later', async () => {
      failure.of = () => sdkError('openai', 401);
      const received = await subscribe('failLater', 'alice');
      const extensions = { code: 'BYOK_KEY_REFUSED', provider: 'openai', providers: ['openai'], label: 'default' };
      expect(received).toEqual(['first', [expect.objectContaining({ extensions })]]);
      expect(JSON.stringify(received)).not.toContain(keyOf('alice'));
    });
  });
}
