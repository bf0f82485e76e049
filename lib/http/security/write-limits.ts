import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { ByokError, InvalidKeyError, StorageError } from '../../errors/index.js';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest, RateLimiterLike, ResolvedByokOptions, StoredKey } from '../../interfaces/index.js';
import { MemoryLimiter } from './memory-limiter.js';
import { rateLimitKey } from './rate-limit-key.js';

/** A request whose writes are counted. @internal */
export interface WriteRequest extends ByokRequest {
  method: string;
  ip?: string;
}

/** Whether a check found that the provider refuses the key. @internal */
export function isRefusedKey({ lastCheck }: StoredKey): boolean {
  return lastCheck?.outcome === 'refused';
}

/**
 * Counts writes: per address, so that one machine cannot try many accounts, and per owner. Where the limiter fails nothing is
 * written (503): a limit that can be knocked out is none.
 *
 * @internal
 */
@Injectable()
export class WriteLimits {
  readonly #owners: RateLimiterLike | undefined;
  readonly #addresses: RateLimiterLike | undefined;

  constructor(
    @Inject(BYOK_OPTIONS) { rateLimit }: ResolvedByokOptions,
    private readonly callers: CallerResolver,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    if (!rateLimit) return;
    const { perOwner, perAddress, windowMs, store = (limit) => new MemoryLimiter(limit) } = rateLimit;
    this.#owners = store({ name: 'byok-owner', points: perOwner, windowMs });
    this.#addresses = store({ name: 'byok-address', points: perAddress, windowMs });
  }

  /** @throws ByokError `BYOK_TOO_MANY_REQUESTS` @throws StorageError if the limiter fails */
  async count(request: WriteRequest, response: unknown): Promise<void> {
    await this.#consume(this.#addresses, () => rateLimitKey(request.ip), response);
    await this.#consume(this.#owners, () => this.#ownerKey(request), response);
  }

  /**
   * Counts a write again if the provider refused the key: otherwise, the check would tell a thief which of many stolen keys
   * still work.
   *
   * @param isRefused - Whether a successful result still means that the provider refused the key.
   */
  async countRefused<T>(
    request: ByokRequest,
    work: Promise<T>,
    isRefused: (result: T) => boolean = () => false,
  ): Promise<T> {
    try {
      const result = await work;
      if (isRefused(result)) await this.#countAgain(request as WriteRequest);
      return result;
    } catch (error) {
      if (error instanceof InvalidKeyError && error.isRefusal) await this.#countAgain(request as WriteRequest);
      throw error;
    }
  }

  /** What goes over the limit is refused the next time. */
  async #countAgain(request: WriteRequest): Promise<void> {
    await Promise.allSettled([
      this.#addresses?.consume(rateLimitKey(request.ip)),
      this.#ownerKey(request).then((key) => this.#owners?.consume(key)),
    ]);
  }

  async #ownerKey(request: ByokRequest): Promise<string> {
    const { owner } = await this.callers.scopeOf(request);
    return `${owner.kind}:${owner.id}`;
  }

  async #consume(
    limiter: RateLimiterLike | undefined,
    keyOf: () => string | Promise<string>,
    response: unknown,
  ): Promise<void> {
    if (!limiter) return;
    const key = await keyOf();
    try {
      await limiter.consume(key);
    } catch (refusal) {
      const wait = (refusal as { msBeforeNext?: unknown } | null)?.msBeforeNext;
      if (typeof wait !== 'number') throw new StorageError('The rate limit cannot be checked. Try again.');
      const seconds = Math.max(1, Math.ceil(wait / 1000));
      this.adapterHost.httpAdapter.setHeader(response, 'Retry-After', String(seconds));
      throw new ByokError('BYOK_TOO_MANY_REQUESTS', `Too many changes. Try again in ${seconds} s.`);
    }
  }
}
