import type { ExecutionContext } from '@nestjs/common';
import { IncomingMessage } from 'node:http';
import { Http2ServerRequest } from 'node:http2';
import { ConfigurationError, UserRequiredError } from '../errors/index.js';
import type { ByokRequest, KeyHolder, ResolvedByokOptions } from '../interfaces/index.js';

/**
 * Whose keys are meant by a call outside of HTTP: what the option `resolveHolder` says, else in GraphQL the request that the
 * server itself put into the context. What a message says is never asked.
 *
 * @throws UserRequiredError if `resolveHolder` knows nobody
 * @throws ConfigurationError if there is nothing to ask
 * @internal
 */
export async function holderOfCall(
  context: ExecutionContext,
  { resolveHolder }: Pick<ResolvedByokOptions, 'resolveHolder'>,
): Promise<KeyHolder> {
  const holder = (await resolveHolder?.(context)) ?? requestOfGraphql(context);
  if (holder) return holder;
  if (resolveHolder) throw new UserRequiredError('Sign in first: it is not known whose keys are meant.');
  const handler = `${context.getClass().name}.${context.getHandler().name}()`;
  throw new ConfigurationError(
    `${handler} is called by '${context.getType()}', where ApiKeyGuard knows no request. Set the option resolveHolder, which says whose keys are meant, or extend the guard with getRequest() and have it run before.`,
  );
}

/**
 * A request that is over as soon as a call is: one of HTTP, by which GraphQL answers a query or a mutation. The request that
 * began a connection is none: its user may change, and keys may be deleted, while it is open.
 *
 * @internal
 */
export function isBriefRequest(holder: KeyHolder, context: ExecutionContext): holder is ByokRequest {
  if (context.getType<string>() !== 'graphql' || isSubscription(context)) return false;
  if (!isRequest(holder)) return false;
  const { raw = holder } = holder as { raw?: object };
  return !(raw as { upgrade?: boolean }).upgrade;
}

function isSubscription(context: ExecutionContext): boolean {
  const info = context.getArgByIndex<GraphqlInfo | undefined>(3);
  return info?.operation?.operation === 'subscription';
}

/** Under the names that the drivers of GraphQL use. A subscription lives longer than the request that began it. */
function requestOfGraphql(context: ExecutionContext): ByokRequest | undefined {
  if (context.getType<string>() !== 'graphql') return undefined;
  if (isSubscription(context)) return undefined;
  const own = context.getArgByIndex<GraphqlContext | undefined>(2);
  return [own?.req, own?.request, own?.reply?.request].find(isRequest);
}

interface GraphqlContext {
  req?: unknown;
  request?: unknown;
  reply?: { request?: unknown };
}

interface GraphqlInfo {
  operation?: { operation?: unknown };
}

/** A request of Node's, as Express has it, or one that wraps it, as Fastify does. Anything else may be made by a client. */
function isRequest(value: unknown): value is ByokRequest {
  return isNodeRequest(value) || isNodeRequest((value as { raw?: unknown } | null | undefined)?.raw);
}

function isNodeRequest(value: unknown): boolean {
  return value instanceof IncomingMessage || value instanceof Http2ServerRequest;
}
