import { Inject, Injectable, Logger } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { KeyVerdict, ResolvedByokOptions } from '../interfaces/index.js';
import { isKeyOutcome, isVerdictReason } from '../validation/index.js';
import { checkFetch } from './check-fetch.js';

/** Milliseconds for a check as a whole, with all of its requests. */
const WITHIN = 8_000;

/** Asks providers whether they accept a key, by the checkers of the configuration. @internal */
@Injectable()
export class KeyChecks {
  readonly #logger = new Logger('ByokModule');
  /** Providers whose checker was logged to be wrong. */
  readonly #logged = new Set<string>();

  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  /** Whether there is a checker for this provider. */
  has(provider: string): boolean {
    return this.options.providers[provider]?.check !== undefined;
  }

  /** What the provider says of a key. It never rejects, and takes at most 8 seconds. */
  async run(provider: string, apiKey: string, fields: Readonly<Record<string, string>>): Promise<KeyVerdict> {
    const config = this.options.providers[provider];
    if (!config?.check) return { outcome: 'unknown', reason: 'not-checkable' };
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(new Error('The check took too long.')), WITHIN);
    const { signal } = timeout;
    const ended = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      const fetch = checkFetch(config, fields, apiKey, signal);
      const given = config.check({ provider, apiKey, fields: Object.freeze({ ...fields }), signal, fetch });
      return this.#verdictOf(provider, await Promise.race([given, ended]));
    } catch (error) {
      // Its message may quote the key.
      if (error instanceof TypeError || error instanceof ReferenceError) this.#logOnce(provider, error.name);
      return { outcome: 'unknown', reason: 'unreachable' };
    } finally {
      clearTimeout(timer);
      // What the checker still waits for ends with it.
      timeout.abort(new Error('The check is over.'));
      ended.catch(() => {});
    }
  }

  /** A checker may be the application's own, in JavaScript. */
  #verdictOf(provider: string, given: unknown): KeyVerdict {
    const { outcome, reason } = (given ?? {}) as { outcome?: unknown; reason?: unknown };
    if (isKeyOutcome(outcome)) return isVerdictReason(reason) ? { outcome, reason } : { outcome };
    this.#logOnce(provider, 'no outcome');
    return { outcome: 'unknown', reason: 'unreadable' };
  }

  #logOnce(provider: string, what: string): void {
    if (this.#logged.has(provider)) return;
    this.#logged.add(provider);
    this.#logger.warn(`The check of the provider ${provider} ended with ${what}. Its keys count as not checked.`);
  }
}
