import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { ByokError, StorageError } from '../../errors/index.js';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest, RateLimiterLike, ResolvedByokOptions } from '../../interfaces/index.js';
import { MemoryLimiter } from './memory-limiter.js';
import { rateLimitKey } from './rate-limit-key.js';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Limits how often keys are written: per address, so that one machine cannot try many accounts, and per owner. Where the
 * limiter fails nothing is written (503): a limit that can be knocked out is none.
 *
 * @internal
 */
@Injectable()
export class WriteRateLimitGuard implements CanActivate {
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
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<ByokRequest & { method: string; ip?: string }>();
    if (!this.#owners || !this.#addresses || SAFE.has(request.method)) return true;
    await this.#consume(this.#addresses, rateLimitKey(request.ip), http.getResponse());
    const { owner } = await this.callers.scopeOf(request);
    await this.#consume(this.#owners, `${owner.kind}:${owner.id}`, http.getResponse());
    return true;
  }

  async #consume(limiter: RateLimiterLike, key: string, response: unknown): Promise<void> {
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
