import {
  Inject,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { finalize, type Observable } from 'rxjs';
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
  readonly #last = new Map<string, number>();

  constructor(
    private readonly byok: ByokService,
    private readonly callers: ByokCallers,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (!this.options.cleanup.onRequest || context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<object>();
    return next.handle().pipe(
      finalize(() => {
        const place = this.callers.usedBy(request);
        if (place && this.#isDue(place)) setImmediate(() => void this.#clean(place));
      }),
    );
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
    const now = Date.now();
    if (now - (this.#last.get(key) ?? -Infinity) < ONCE_PER) return false;
    this.#last.delete(key);
    this.#last.set(key, now);
    if (this.#last.size > MAX_OWNERS) this.#last.delete(this.#last.keys().next().value as string);
    return true;
  }
}
