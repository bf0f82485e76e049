import {
  Inject,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import type { Observable } from 'rxjs';
import { ByokCallers, type KeyPlace } from '../byok.callers.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokService } from '../byok.service.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';

const ONCE_PER = 60_000;
/** Owners remembered; past that the oldest are forgotten and may be cleaned up early. */
const MAX_OWNERS = 10_000;

/**
 * After a request that used keys, removes the caller's expired ones: after the response, at most once a minute per
 * owner, and without ever failing the request. An expired key is never handed out, with or without it.
 *
 * Registered for the whole application unless `cleanup.onRequest` is false.
 *
 * @publicApi
 */
@Injectable()
export class CleanupInterceptor implements NestInterceptor {
  readonly #logger = new Logger('ByokModule');

  constructor(
    private readonly byok: ByokService,
    private readonly callers: ByokCallers,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!this.options.cleanup.onRequest || context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const request = http.getRequest<object>();
    const response = http.getResponse<{ raw?: ServerResponse } & ServerResponse>();
    // Fastify's reply wraps Node's response, Express' is one.
    // Sent or broken off, and also where a handler sends it long after it has returned.
    (response.raw ?? response).once('close', () => {
      const place = this.callers.usedBy(request);
      if (place && this.#isDue(place)) void this.#clean(place);
    });
    return next.handle();
  }

  async #clean(place: KeyPlace): Promise<void> {
    try {
      await this.byok.deleteExpiredAt(place);
    } catch {
      this.#logger.warn('Expired keys could not be removed; they are not handed out, and removed another time.');
    }
  }

  #isDue({ source, owner }: KeyPlace): boolean {
    const key = `${source}\n${owner.kind}\n${owner.id}`;
    const now = performance.now();
    const last = lastOf(this.byok);
    if (now - (last.get(key) ?? -Infinity) < ONCE_PER) return false;
    last.delete(key);
    last.set(key, now);
    if (last.size > MAX_OWNERS) last.delete(last.keys().next().value as string);
    return true;
  }
}

/** When owners were last cleaned up, by application: there is an interceptor of this class in every module that uses it. */
const lasts = new WeakMap<ByokService, Map<string, number>>();

function lastOf(byok: ByokService): Map<string, number> {
  const last = lasts.get(byok) ?? new Map<string, number>();
  lasts.set(byok, last);
  return last;
}
