import { Logger, type ExecutionContext } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { UserRequiredError } from '../errors/index.js';
import type { ByokRequest } from '../interfaces/index.js';

/** What to do about guards in the wrong order. @internal */
export const GUARD_ORDER =
  'Guards that sign users in must run before ApiKeyGuard: put @UseGuards() below @RequireApiKey(), or on the class, or make the guard an APP_GUARD.';

const logger = new Logger('ByokModule');
const logged = new WeakSet<object>();

/**
 * The error for a caller who is not signed in. If other guards run later, one of them may be what signs users in: then the
 * error says so.
 *
 * @internal
 */
export function explainUserRequired(error: UserRequiredError, context: ExecutionContext, type: object): Error {
  const later = error.hasUser ? [] : laterGuards(context, type);
  return later.length === 0 ? error : new UserRequiredError(`${error.message} ${GUARD_ORDER}`);
}

/**
 * Warns, once for each handler, that a visitor was refused who sent a token that no guard has looked at yet.
 *
 * @internal
 */
export function warnOfUnreadToken(request: ByokRequest, context: ExecutionContext, type: object): void {
  const handler = context.getHandler();
  if (request.user || request.headers.authorization === undefined || logged.has(handler)) return;
  const later = laterGuards(context, type);
  if (later.length === 0) return;
  logged.add(handler);
  logger.warn(
    `ApiKeyGuard refused a visitor with an unread Authorization header: on ${context.getClass().name}.${handler.name}(), it runs before ${later.join(', ')}. ${GUARD_ORDER}`,
  );
}

/** The names of the guards of the class and the method that run after the first of this type. */
function laterGuards(context: ExecutionContext, type: object): string[] {
  const guards = [context.getClass(), context.getHandler()].flatMap(
    (target) => (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as object[],
  );
  const isOurs = (guard: object): boolean => guard === type || Object.prototype.isPrototypeOf.call(type, guard);
  const first = guards.findIndex(isOurs);
  return guards
    .slice(first + 1)
    .filter((guard) => !isOurs(guard))
    .map((guard) => (typeof guard === 'function' ? guard.name : guard.constructor.name));
}
