import type { ByokRequest } from '../interfaces/index.js';
import { describeValue, userIdText, whyNotAnId } from './user-id.js';

/** The properties of `request.user` that may be its id, in the order they are looked at. */
const ID_PROPERTIES = ['id', 'sub', 'userId'] as const;

/** The user that `request.user` names, and the property that did. @internal */
export interface DefaultUser {
  readonly userId: string;
  readonly property: (typeof ID_PROPERTIES)[number];
}

/** A request has a user, but not one that can be told from others. The message is for the operator. @internal */
export class UnusableUser extends Error {}

/**
 * Who the caller is where the option `resolveUser` is not set: `request.user.id`, `sub` or `userId`. `undefined` is an
 * anonymous visitor, and that is only a request that shows no sign of a user.
 *
 * @throws UnusableUser
 * @internal
 */
export function defaultUserOf(request: ByokRequest): DefaultUser | undefined {
  const own = read(request, 'user');
  const user = isThere(own) ? own : read(rawOf(request), 'user');
  if (!isThere(user)) {
    refuseSigns(request);
    return undefined;
  }
  if (typeof user !== 'object' || user === null)
    throw new UnusableUser(`request.user is ${describeValue(user)}. ${USE_OPTION}`);
  for (const property of ID_PROPERTIES) {
    const id = read(user, property);
    if (id === undefined || id === null) continue;
    const userId = userIdText(id);
    if (userId === undefined) {
      throw new UnusableUser(`request.user.${property} is ${whyNotAnId(id)}. ${USE_OPTION}`);
    }
    refuseOtherUserId(user, property, userId);
    return { userId, property };
  }
  throw new UnusableUser(
    `request.user is ${describeValue(user)}, and none of ${ID_PROPERTIES.join(', ')} is its id. ${USE_OPTION}`,
  );
}

const USE_OPTION =
  'Such requests are refused with 401. Set the option resolveUser to a function that returns the id of the user.';

/** Of a session or membership, `id` is its own id and `userId` that of the user. */
function refuseOtherUserId(user: object, property: string, userId: string): void {
  const other = property === 'userId' ? undefined : read(user, 'userId');
  if (other === undefined || other === null || userIdText(other) === userId) return;
  throw new UnusableUser(`request.user.${property} and request.user.userId differ. ${USE_OPTION}`);
}

/** Where libraries and applications keep a user, other than in `request.user`. */
const SIGNS: readonly (readonly [string, ...string[]])[] = [
  // express-jwt, express-oauth2-jwt-bearer, express-basic-auth and Clerk.
  ['auth'],
  // express-openid-connect.
  ['oidc', 'user'],
  // keycloak-connect.
  ['kauth', 'grant'],
  ['currentUser'],
  ['session', 'user'],
  ['session', 'userId'],
  // Passport, where its middleware did not run for this route.
  ['session', 'passport', 'user'],
];

/** Somebody who is signed in must not leave keys in a session that the next one in the same browser may use. */
function refuseSigns(request: ByokRequest): void {
  for (const path of SIGNS) {
    if (!isThere(follow(request, path)) && !isThere(follow(rawOf(request), path))) continue;
    throw new UnusableUser(
      `request.${path.join('.')} is set, but request.user is not, so it is not known who the caller is. ${USE_OPTION}`,
    );
  }
}

function follow(from: unknown, path: readonly string[]): unknown {
  return path.reduce(read, from);
}

/** Passport and guards made with it write `false` for nobody. */
function isThere(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

/** Of a request of Fastify, the one of Node, which middleware of Nest and Express writes to. */
function rawOf(request: ByokRequest): unknown {
  return read(request, 'raw');
}

/** What every object inherits, because somebody polluted `Object.prototype`, says nothing about this one. */
function read(from: unknown, name: string): unknown {
  if (from === null || (typeof from !== 'object' && typeof from !== 'function')) return undefined;
  if (name in Object.prototype && !Object.hasOwn(from, name)) return undefined;
  return (from as Record<string, unknown>)[name];
}
