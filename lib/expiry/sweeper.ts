import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type BeforeApplicationShutdown,
} from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { ExpiredKeyCleanup } from './expired-key-cleanup.js';

/**
 * Removes everybody's expired keys from the database now and then, as `cleanup.sweepEvery` says. Of instances
 * that come to it at once, one sweeps.
 *
 * @internal
 */
@Injectable()
export class ExpiredKeySweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('ByokModule');
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  readonly #shutdown = new AbortController();

  constructor(
    private readonly cleanup: ExpiredKeyCleanup,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  onApplicationBootstrap(): void {
    const { sweepEvery } = this.options.cleanup;
    if (sweepEvery === null || (this.options.storage === 'session' && !this.options.audit)) return;
    this.#timer = setInterval(() => {
      this.#underWay ??= this.#sweep().finally(() => (this.#underWay = undefined));
    }, sweepEvery).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#shutdown.abort();
    await this.#underWay;
  }

  async #sweep(): Promise<void> {
    try {
      await this.cleanup.everywhere({ ifFree: true, signal: this.#shutdown.signal });
    } catch {
      this.#logger.warn('The sweep failed. Expired keys are not returned; the next sweep removes them.');
    }
  }
}
