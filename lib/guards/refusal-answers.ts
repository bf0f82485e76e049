import { type ArgumentsHost, Inject, Injectable, Logger } from '@nestjs/common';
import { from, isObservable, mergeMap, of } from 'rxjs';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { KeyVerdict, ProviderFailure, ResolvedByokOptions } from '../interfaces/index.js';
import { ResolvedApiKey } from '../keys/index.js';
import { attribute, failureOf, hasUnreadBody, mayBeRefusal, readFailure } from '../refusals/index.js';
import { ApplicationFilters } from './application-filters.js';
import type { KeyRequirement } from './key-requirement.js';
import { type FoundKeys, foundKeysFor, type HandlerOf } from './request-keys.js';

interface Refusal {
  key: ResolvedApiKey;
  verdict: KeyVerdict;
}

/**
 * What the filter of a guarded handler does. Nest creates those filters in the modules of the application, so `ByokModule`
 * exports this.
 *
 * @internal
 */
@Injectable()
export class RefusalAnswers {
  readonly #logger = new Logger('ByokModule');
  /** Errors that are on their way to the filters of the application. */
  readonly #handedOn = new WeakSet<object>();

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly filters: ApplicationFilters,
  ) {}

  /** Whether an error looks like a refusal by a provider that the requirement names. Never throws. */
  mayBeRefusal(error: unknown, { providers, providerOf }: KeyRequirement): boolean {
    if (!this.options.feedback || typeof error !== 'object' || error === null || this.#handedOn.has(error))
      return false;
    const named = providerOf ? Object.keys(this.options.providers) : providers;
    return mayBeRefusal(failureOf(error), named, this.options.providers);
  }

  /** Answers an error if it is a refusal of the key that was resolved for this call, else hands it on as it is. */
  answer(error: unknown, host: ArgumentsHost, requirement: KeyRequirement, bound: HandlerOf): unknown {
    const found = foundKeysFor(host, requirement);
    const handler = found?.handler ?? bound;
    const refusal = found && this.#refusalIn(failureOf(error), found);
    if (!refusal && !(found && hasUnreadBody(error))) return this.#handOn(error, host, handler);
    const answered = this.#answer(error, host, found, handler, refusal);
    if (host.getType<string>() !== 'rpc') return answered;
    return from(answered).pipe(mergeMap((answer) => (isObservable(answer) ? answer : of(answer))));
  }

  async #answer(
    error: unknown,
    host: ArgumentsHost,
    found: FoundKeys,
    handler: HandlerOf,
    known: Refusal | undefined,
  ): Promise<unknown> {
    let answer = error;
    const failure = await readFailure(error);
    const refusal = known ?? this.#refusalIn(failure, found);
    const feedback = refusal && ResolvedApiKey.feedbackOf(refusal.key);
    if (refusal && feedback) {
      this.#log(failure, refusal, handler);
      answer = await feedback.refused(refusal.key, refusal.verdict);
    }
    try {
      return await this.#handOn(answer, host, handler);
    } catch (failed) {
      if (host.getType() !== 'http') throw failed;
      // Nest does not catch what a filter that is not synchronous rejects with.
      return this.filters.answerByDefault(failed, host);
    }
  }

  #refusalIn(failure: ProviderFailure, { keys, requirements }: FoundKeys): Refusal | undefined {
    const refusal = attribute(failure, keys, this.options.providers);
    const isLeftAlone = requirements.some(({ feedback }, i) => feedback === false && keys[i] === refusal?.key);
    return isLeftAlone ? undefined : refusal;
  }

  #handOn(error: unknown, host: ArgumentsHost, handler: HandlerOf): unknown {
    const isMarked = typeof error === 'object' && error !== null;
    if (isMarked) this.#handedOn.add(error);
    try {
      return this.filters.answer(error, host, handler);
    } finally {
      if (isMarked) this.#handedOn.delete(error);
    }
  }

  /** Else a mistake of the operator's would disappear among the answers. Neither message nor body: they may quote the key. */
  #log({ status, error }: ProviderFailure, { key, verdict }: Refusal, { controller, handler }: HandlerOf): void {
    const method = (handler as { name?: string } | undefined)?.name ?? '';
    const { outcome, reason } = verdict;
    const answer = `${nameOf(error)} with status ${status ?? 'unknown'} (${reason ?? outcome})`;
    this.#logger.warn(
      `A provider did not accept a caller's key: ${key.provider}, in ${controller.name}.${method}(), ${answer}.`,
    );
  }
}

function nameOf(error: unknown): string {
  try {
    const { name } = (error as object).constructor;
    return /^[\w$]{1,64}$/.test(name) ? name : 'an error';
  } catch {
    return 'an error';
  }
}
