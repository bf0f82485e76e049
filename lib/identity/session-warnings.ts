import { Logger } from '@nestjs/common';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';

/** What express-session and `@fastify/session` show of their settings on a request. */
interface SessionRequest extends ByokRequest {
  session?: { cookie?: CookieSettings };
  sessionStore?: object;
  /** As the platform tells it. */
  protocol?: string;
}

interface CookieSettings {
  httpOnly?: boolean;
  sameSite?: boolean | string;
  secure?: boolean | string;
}

const logger = new Logger('ByokModule');

/**
 * Tells the operator of weak settings of the application's sessions. No middleware shows its settings before there is a
 * session, so this is asked of the first one; the library sets no cookie of its own.
 *
 * @internal
 */
export function warnOfSessions(request: ByokRequest, { https }: Pick<ResolvedByokOptions, 'https'>): void {
  for (const weakness of weaknessesOf(request as SessionRequest, https === 'block')) logger.warn(weakness);
}

function* weaknessesOf({ session, sessionStore, protocol }: SessionRequest, isTlsMust: boolean): Generator<string> {
  const isProduction = process.env.NODE_ENV === 'production';
  if (isProduction && isInMemory(sessionStore)) {
    yield "Sessions are stored in this process's memory: they are lost on restart and not shared with other instances. Configure a session store.";
  }
  const cookie = session?.cookie;
  if (typeof cookie !== 'object' || cookie === null) return;
  if (cookie.httpOnly === false) {
    yield 'Scripts can read the session cookie. Set cookie.httpOnly to true.';
  }
  if (!cookie.sameSite || String(cookie.sameSite).toLowerCase() === 'none') {
    yield "Other sites' requests carry the session cookie. Set cookie.sameSite to 'lax' or 'strict'.";
  }
  // Over http, which a developer uses, such a cookie would not come back.
  if ((isProduction || isTlsMust) && !cookie.secure) {
    yield "The session cookie is not marked secure. Set cookie.secure to true and, behind a proxy, configure the platform's 'trust proxy'.";
  }
  // The default of @fastify/session.
  if (cookie.secure === true && protocol === 'http') {
    yield "The session cookie is for https only, but a request came over http: sessions do not last, and forms are refused as out of date. Set cookie.secure to 'auto' and, behind a proxy, configure the platform's 'trust proxy'.";
  }
}

/** `@fastify/session` calls its own one `Store`; each keeps its sessions on itself. */
function isInMemory(store: object | undefined): boolean {
  const name = store?.constructor?.name;
  return name === 'MemoryStore' || (name === 'Store' && (store as { store?: unknown }).store instanceof Map);
}
