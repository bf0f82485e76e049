import type { ExecutionContext, Type } from '@nestjs/common';
import { ApiKey, RequireAnyApiKey, RequireApiKey, ResolvedKey, type ResolvedApiKey } from '../../lib/index.js';

/** How a context marks its handlers, hands over what a caller says, and takes an answer. */
export interface Kind {
  handler(name: string): MethodDecorator;
  said(name: 'provider' | 'userId'): ParameterDecorator;
  /** The same, for the guard. */
  saidTo(context: ExecutionContext): { provider?: string };
  answer(value: string): unknown;
}

/** What the handlers throw. */
export const failure: { of(this: void, key: ResolvedApiKey): Error } = { of: () => new Error('not set') };

/** Handlers that are the same in every context: an application uses the same decorators in all of them. */
export function handlersOf(kind: Kind): Type {
  class Handlers {
    @kind.handler('give')
    @RequireApiKey('openai')
    give(@ApiKey() apiKey: string, @kind.said('userId') _userId?: string) {
      return kind.answer(apiKey);
    }

    @kind.handler('two')
    @RequireApiKey('openai')
    @RequireApiKey('mistral')
    two(@ApiKey() openai: string, @ApiKey('mistral') mistral: string) {
      return kind.answer(`${openai} ${mistral}`);
    }

    @kind.handler('either')
    @RequireAnyApiKey(['anthropic', 'mistral'])
    either(@ResolvedKey() { provider, apiKey }: ResolvedApiKey) {
      return kind.answer(`${provider} ${apiKey}`);
    }

    @kind.handler('named')
    @RequireApiKey((_, context) => kind.saidTo(context).provider)
    named(@ResolvedKey() { provider, apiKey }: ResolvedApiKey, @kind.said('provider') _provider?: string) {
      return kind.answer(`${provider} ${apiKey}`);
    }

    @kind.handler('fail')
    @RequireApiKey('openai')
    fail(@ResolvedKey() key: ResolvedApiKey) {
      throw failure.of(key);
    }

    @kind.handler('failOfTwo')
    @RequireApiKey('openai')
    @RequireApiKey('mistral')
    failOfTwo(@ResolvedKey('mistral') key: ResolvedApiKey) {
      throw failure.of(key);
    }

    @kind.handler('use')
    @RequireApiKey('openai')
    use(@ResolvedKey() key: ResolvedApiKey) {
      return key.use(() => Promise.reject(failure.of(key)));
    }

    @kind.handler('report')
    @RequireApiKey('openai', { feedback: false })
    async report(@ResolvedKey() key: ResolvedApiKey) {
      const error = failure.of(key);
      throw (await key.report(error)) ?? error;
    }

    @kind.handler('open')
    open(@kind.said('userId') _userId?: string) {
      return kind.answer('open');
    }
  }
  return Handlers;
}
