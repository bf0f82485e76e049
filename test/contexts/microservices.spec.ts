import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { Controller, type ExecutionContext } from '@nestjs/common';
import {
  type ClientOptions,
  type ClientProxy,
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import type { ByokModuleOptions, KeyHolder } from '../../lib/index.js';
import { startEdge } from '../support/edge-app.js';
import { freePort } from '../support/local-server.js';
import { findRedis, startRedis, type TestRedis } from '../support/redis.js';
import { describeContext, type Reply, type Running, type Said, type StartContext } from './behaviour.js';
import { handlersOf, type Kind } from './handlers.js';

/** What the services of an application say to each other: on whose behalf, and what that user said. */
interface Message extends Said {
  caller?: string;
}

const KIND: Kind = {
  handler: (name) => MessagePattern(name),
  said: (name) => Payload(name),
  saidTo: (context) => context.switchToRpc().getData<Message>(),
  answer: (value) => value,
};

const Handlers = handlersOf(KIND);
Controller()(Handlers);

function holderOf(context: ExecutionContext): KeyHolder | undefined {
  const { caller } = context.switchToRpc().getData<Message>();
  return caller === undefined ? undefined : { userId: caller };
}

function starting(transport: () => Promise<MicroserviceOptions>): StartContext {
  return async (options: ByokModuleOptions): Promise<Running> => {
    const service = await transport();
    const app = await startEdge({
      options: { ...options, resolveHolder: holderOf },
      controllers: [Handlers],
      configure: (nest) => nest.connectMicroservice(service),
      sessions: false,
    });
    await app.nest.startAllMicroservices();
    const client = ClientProxyFactory.create(service as ClientOptions);
    await client.connect();
    return {
      byok: app.byok,
      log: app.log,
      call: (handler, user, said) => send(client, handler, { ...said, caller: user }),
      close: async () => {
        await client.close();
        await app.close();
      },
    };
  };
}

async function send(client: ClientProxy, pattern: string, message: Message): Promise<Reply> {
  try {
    const answer = await firstValueFrom(client.send<unknown>(pattern, message));
    return { answer, text: JSON.stringify(answer) };
  } catch (error) {
    return { error: error as Record<string, unknown>, text: JSON.stringify(error) };
  }
}

describeContext(
  'A microservice on TCP',
  starting(async () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: await freePort() } })),
);

const redisServer = findRedis();
if (redisServer === undefined) {
  it.skip('a microservice on Redis: there is no redis-server', () => undefined);
} else {
  describe('With redis-server', () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await startRedis(redisServer);
    });
    afterAll(() => redis.kill());

    describeContext(
      'a microservice on Redis',
      starting(async () => {
        const { hostname, port } = new URL(redis.url);
        return { transport: Transport.REDIS, options: { host: hostname, port: Number(port) } };
      }),
    );
  });
}
