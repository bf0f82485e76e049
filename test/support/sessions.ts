import connectPgSimple from 'connect-pg-simple';
import { MemoryStore } from '@fastify/session';
import session, { type Store } from 'express-session';
import pg from 'pg';
import type { ByokRequest } from '../../lib/index.js';
import type { TestDatabase } from './postgres.js';

/** A request as express-session leaves it. */
export interface SessionRequest extends ByokRequest {
  sessionID: string;
  sessionStore: Store;
  session: session.Session & Record<string, unknown>;
}

/** A session store of express-session, and requests that come with its sessions. */
export interface TestSessions {
  store: Store;
  /** The next request in the session of that id, or the first one in a new session. */
  request(id?: string, more?: object): Promise<SessionRequest>;
  /** What the store has under the id. */
  stored(id: string): Promise<Record<string, unknown> | null>;
  /** From now on the store refuses everything, until `mend()`. */
  break(): void;
  mend(): void;
  close(): Promise<void>;
}

export function memorySessions(): TestSessions {
  return sessionsOf(new session.MemoryStore(), async () => undefined);
}

/** In the memory of \@fastify/session, which keeps the sessions themselves rather than their JSON. */
export function fastifyMemorySessions(): TestSessions {
  return sessionsOf(new MemoryStore() as unknown as Store, async () => undefined);
}

export function postgresSessions(database: TestDatabase): TestSessions {
  const pool = new pg.Pool({ connectionString: database.url, max: 4, allowExitOnIdle: true });
  pool.on('error', () => undefined);
  const PgStore = connectPgSimple(session);
  const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false });
  return sessionsOf(store, async () => {
    await Promise.resolve(store.close());
    await pool.end();
  });
}

export const SESSION_OPTIONS: session.SessionOptions & { secret: string } = {
  secret: 'a-secret-of-the-tests',
  resave: false,
  saveUninitialized: false,
  cookie: { sameSite: 'lax' },
};

function sessionsOf(store: Store, close: () => Promise<void>): TestSessions {
  // The middleware puts `generate` on the store.
  session({ ...SESSION_OPTIONS, store });
  const working = { get: store.get.bind(store), set: store.set.bind(store) };
  const stored = (id: string): Promise<Record<string, unknown> | null> =>
    new Promise((resolve, reject) => {
      working.get(id, (error, data) => {
        if (error) reject(error as Error);
        else resolve((data as unknown as Record<string, unknown> | undefined) ?? null);
      });
    });
  return {
    store,
    stored,
    async request(id, more = {}) {
      const request = { headers: {}, sessionStore: store, ...more } as unknown as SessionRequest;
      const data = id === undefined ? null : await stored(id);
      if (data) {
        request.sessionID = id!;
        store.createSession(request as never, data as never);
      } else {
        (store as Store & { generate(request: object): void }).generate(request);
      }
      return request;
    },
    break() {
      const refuse = (...args: unknown[]): void =>
        (args.at(-1) as (error: Error) => void)(new Error('connect ECONNREFUSED redis://:hunter2@cache.internal'));
      Object.assign(store, { get: refuse, set: refuse });
    },
    mend() {
      Object.assign(store, working);
    },
    close,
  };
}
