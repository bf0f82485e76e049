import type { INestApplicationContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ExternalContextCreator } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';

/** Calls a handler as the packages for GraphQL, microservices and websockets have Nest call it: guards, filters and all. */
export async function callElsewhere(
  app: INestApplicationContext,
  instance: object,
  method: string,
  type: string,
  args: readonly unknown[],
): Promise<unknown> {
  const handler = app
    .get(ExternalContextCreator)
    .create(
      instance,
      (instance as Record<string, (...args: unknown[]) => unknown>)[method],
      method,
      ROUTE_ARGS_METADATA,
      { exchangeKeyForValue: () => undefined },
      undefined,
      undefined,
      { guards: true, filters: true, interceptors: true },
      type,
    ) as (...args: unknown[]) => Promise<unknown>;
  const answer = await handler(...args);
  return isObservable(answer) ? lastValueFrom(answer) : answer;
}
