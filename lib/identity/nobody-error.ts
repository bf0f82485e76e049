import { StorageError, UserRequiredError } from '../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';

/** The error for a request that has neither a user nor a session that can hold keys. @internal */
export function nobodyError(request: ByokRequest, { storage }: Pick<ResolvedByokOptions, 'storage'>): Error {
  if (storage === 'database') return new UserRequiredError();
  const session = sessionFault(request);
  if (storage === 'session') return new StorageError(`Keys are kept in the session, and ${session}.`);
  return new UserRequiredError(`Sign in first: this request has no user yet, and ${session}.`);
}

function sessionFault({ session }: ByokRequest): string {
  if (session === undefined) return 'it has no session: session middleware must run before';
  if (session === null) return 'its session has ended or could not be loaded';
  return 'its session has no id: cookie-session and @fastify/secure-session are not supported for keys; use express-session or @fastify/session';
}
