import { expect, it } from '@jest/globals';
import type { ExecutionContext, INestApplication, Type } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'undici';
import type { ByokModuleOptions, KeyHolder } from '../../lib/index.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { describeContext, keyOf, type Reply, type Running, type Said, type StartContext } from './behaviour.js';
import { handlersOf, type Kind } from './handlers.js';

const KIND: Kind = {
  handler: (name) => SubscribeMessage(name),
  said: (name) => MessageBody(name),
  saidTo: (context) => context.switchToWs().getData<Said>(),
  answer: (value) => ({ event: 'answer', data: value }),
};

/** Who is at the other end, as the application knows it. */
interface Known {
  user?: string;
}

function userOf({ url }: Pick<IncomingMessage, 'url'>): string | undefined {
  return new URL(url ?? '', 'ws://localhost').searchParams.get('user') ?? undefined;
}

/** Of socket.io, by what an application writes into `socket.data`. */
const Handlers = handlersOf(KIND);

@WebSocketGateway()
class IoGateway extends Handlers implements OnGatewayConnection {
  handleConnection(socket: { data: Known; handshake: { url: string } }): void {
    socket.data.user = userOf(socket.handshake);
  }

  /** As an application does whose users sign in and out on one connection. */
  @SubscribeMessage('become')
  become(client: { data?: Known } & Known, { user }: Known) {
    if (client.data) client.data.user = user;
    else client.user = user;
    return { event: 'answer', data: user };
  }
}

@WebSocketGateway()
class WsGateway extends IoGateway {
  override handleConnection(socket: object, request?: IncomingMessage): void {
    (socket as Known).user = userOf(request!);
  }
}

function holderOf(context: ExecutionContext): KeyHolder | undefined {
  const client = context.switchToWs().getClient<{ data?: Known } & Known>();
  const { user } = client.data ?? client;
  return user === undefined ? undefined : { userId: user };
}

/** A connection: sends an event, and gives what comes back. */
interface Connection {
  ask(event: string, data: unknown): Promise<{ event: string; data: unknown }>;
  close(): void;
}

async function connectIo(url: string): Promise<Connection> {
  const socket: Socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    query: queryOf(url),
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
  return {
    ask: (event, data) =>
      new Promise((resolve) => {
        const answered = (name: string, received: unknown): void => {
          socket.offAny(answered);
          resolve({ event: name, data: received });
        };
        socket.onAny(answered);
        socket.emit(event, data);
      }),
    close: () => socket.close(),
  };
}

function queryOf(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams);
}

async function connectWs(url: string): Promise<Connection> {
  const socket = new WebSocket(url.replace('http', 'ws'));
  await once(socket, 'open');
  return {
    ask: async (event, data) => {
      socket.send(JSON.stringify({ event, data }));
      const [message] = (await once(socket, 'message')) as [{ data: string }];
      return JSON.parse(message.data) as { event: string; data: unknown };
    },
    close: () => socket.close(),
  };
}

function starting(
  gateway: Type,
  adapter: (nest: INestApplication) => IoAdapter | WsAdapter,
  connect: (url: string) => Promise<Connection>,
  opened: (app: EdgeApp) => void,
): StartContext {
  return async (options: ByokModuleOptions): Promise<Running> => {
    const app = await startEdge({
      options: { ...options, resolveHolder: holderOf },
      providers: [gateway],
      configure: (nest) => nest.useWebSocketAdapter(adapter(nest)),
      sessions: false,
    });
    opened(app);
    return {
      byok: app.byok,
      log: app.log,
      close: app.close,
      call: async (handler: string, user: string | undefined, said: Said = {}) => {
        const connection = await connect(app.url + (user === undefined ? '/' : `/?user=${user}`));
        const reply = await connection.ask(handler, said);
        connection.close();
        return replyOf(reply);
      },
    };
  };
}

function replyOf({ event, data }: { event: string; data: unknown }): Reply {
  const text = JSON.stringify(data);
  if (event === 'answer') return { answer: data, text };
  expect([event, data]).toEqual([
    'exception',
    expect.objectContaining({ status: 'error', message: expect.any(String) }),
  ]);
  return { error: data as Record<string, unknown>, text };
}

for (const [name, gateway, adapter, connect] of [
  ['socket.io', IoGateway, (nest: INestApplication) => new IoAdapter(nest), connectIo],
  ['ws', WsGateway, (nest: INestApplication) => new WsAdapter(nest), connectWs],
] as const) {
  let app: EdgeApp;
  describeContext(
    `A gateway of ${name}`,
    starting(gateway, adapter, connect, (opened) => {
      app = opened;
    }),
    ({ events }) => {
      it('follows the user of a connection', async () => {
        const connection = await connect(`${app.url}/?user=alice`);
        const give = async () => replyOf(await connection.ask('give', {}));
        expect(await give()).toMatchObject({ answer: keyOf('alice') });
        await connection.ask('become', { user: 'bob' });
        expect(await give()).toMatchObject({ answer: keyOf('bob') });
        await connection.ask('become', {});
        expect(await give()).toMatchObject({ error: { code: 'BYOK_USER_REQUIRED' } });
        connection.close();
      });

      it('says what is wrong with a message that cannot be guarded, and goes on', async () => {
        const connection = await connect(`${app.url}/?user=alice`);
        for (const said of ['text', 7, null]) {
          const { error } = replyOf(await connection.ask('give', said));
          expect(error).toMatchObject({ code: 'BYOK_CONFIGURATION' });
        }
        expect(replyOf(await connection.ask('give', {}))).toMatchObject({ answer: keyOf('alice') });
        expect(events.filter(({ type }) => type === 'denied')).toEqual([]);
        connection.close();
      });
    },
  );
}
