import { SESSION_REASON, StorageError } from '../../errors/index.js';
import type { ByokRequest } from '../../interfaces/index.js';

/** How a session store answers. @publicApi */
export type SessionStoreCallback = (error: Error | null | undefined, data?: unknown) => void;

/** Milliseconds that a caller waits for a session store. */
const ANSWER_WITHIN = 4_500;

/** What is used of a session store; both express-session and `@fastify/session` have it. @publicApi */
export interface SessionStoreLike {
  /** Loads a session. */
  get(id: string, callback: SessionStoreCallback): void;
  /** Saves a session. */
  set(id: string, data: unknown, callback: SessionStoreCallback): void;
}

/** A session, whichever middleware it is from. @publicApi */
export interface SessionHandle {
  readonly id: string;
  /** The session's own object: what is put on it is saved with it. */
  readonly data: Record<string, unknown>;
  readonly store: SessionStoreLike | undefined;
  /** Saves it now rather than at the end of the request, so that a failure is seen. */
  save(): Promise<void>;
  /** Whether the session has ended: it is read, but never saved again, which would revive it. */
  readonly ended: boolean;
  /** Whether each request writes the session back as a whole when it ends, as those of `@fastify/session` do. */
  readonly isWrittenBack?: boolean;
}

interface SessionObject extends Record<string, unknown> {
  id?: unknown;
  sessionId?: unknown;
  save?: (callback: SessionStoreCallback) => unknown;
}

interface RequestWithStore extends ByokRequest {
  sessionID?: unknown;
  sessionStore?: SessionStoreLike;
}

/** The session of a request, `undefined` where it has none. @internal */
export function sessionOf(request: RequestWithStore): SessionHandle | undefined {
  const data = request.session as SessionObject | undefined;
  if (typeof data !== 'object' || data === null) return undefined;
  const id = idOf(data, request) ?? request.sessionID;
  if (typeof id !== 'string' || id === '') return undefined;
  return {
    id,
    data,
    store: request.sessionStore,
    ended: false,
    isWrittenBack: typeof request.sessionID !== 'string',
    save: async () => {
      if (typeof data.save !== 'function') return;
      await called((done) => data.save?.(done));
    },
  };
}

/** A session as it was before it was regenerated, `undefined` where it cannot be told which one it was. @internal */
export function endedSession(from: unknown, request: RequestWithStore): SessionHandle | undefined {
  const data = from as SessionObject | null;
  const id = typeof data === 'object' && data !== null ? idOf(data, request) : undefined;
  if (!data || id === undefined) return undefined;
  return { id, data, store: request.sessionStore, ended: true, save: async () => {} };
}

/**
 * express-session defines `id`, which nobody can then change, and puts the id of the present session on the request;
 * \@fastify/session has `sessionId` on its prototype, and `id` is the application's to use as it likes.
 */
function idOf(data: SessionObject, { sessionID }: RequestWithStore): string | undefined {
  const isExpress = typeof sessionID === 'string';
  const id = isExpress ? (data.id ?? data.sessionId) : (data.sessionId ?? data.id);
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** Reads from the session's store. @throws StorageError @internal */
export async function readStore(store: SessionStoreLike, id: string): Promise<Record<string, unknown> | null> {
  try {
    const found = await called((done) => store.get(id, done));
    return (found as Record<string, unknown> | null | undefined) ?? null;
  } catch (error) {
    // connect-redis, session-file-store and others report an absent session so.
    if ((error as { code?: unknown } | null)?.code === 'ENOENT') return null;
    throw new StorageError('The session store is unavailable. Try again.', SESSION_REASON);
  }
}

/** Whether it ended meanwhile: saving it would bring it back to life. @throws StorageError @internal */
export async function hasEnded({ ended, store, id }: SessionHandle): Promise<boolean> {
  return ended || (store !== undefined && (await readStore(store, id)) === null);
}

/** Writes into the session's store. @throws StorageError @internal */
export async function writeStore(store: SessionStoreLike, id: string, data: unknown): Promise<void> {
  try {
    await called((done) => store.set(id, data, done));
  } catch {
    throw new StorageError('The session store is unavailable. Try again.', SESSION_REASON);
  }
}

function called(call: (done: SessionStoreCallback) => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('The session store does not answer.')), ANSWER_WITHIN).unref();
    call((error, result) => {
      clearTimeout(late);
      if (error) reject(error);
      else resolve(result);
    });
  });
}
