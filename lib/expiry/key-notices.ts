import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AuditLog, KeyEvents } from '../audit/index.js';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { KeyStorage } from '../storage/index.js';

/** Milliseconds between two rounds where sweeps are off. */
const EVERY = 900_000;

/**
 * Reports keys that expire soon or are not used any more, as the option `notices` says. A notice is claimed in the database
 * before it is reported, so that of all instances one reports it, at most once.
 *
 * @internal
 */
@Injectable()
export class KeyNotices implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('ByokModule');
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #isEnding = false;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly events: KeyEvents,
    private readonly audit: AuditLog,
  ) {}

  onApplicationBootstrap(): void {
    const { notices, cleanup } = this.options;
    if (!notices || !this.storage.claimNotices) return;
    this.#timer = setInterval(() => {
      this.#underWay ??= this.#round().finally(() => (this.#underWay = undefined));
    }, cleanup.sweepEvery ?? EVERY).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#isEnding = true;
    await this.#underWay;
  }

  async #round(): Promise<void> {
    try {
      for await (const page of this.storage.claimNotices!(this.options.notices!)) {
        for (const { type, owner, provider, label } of page) {
          this.events.emit({ type, owner, source: 'database', provider, label });
        }
        await this.audit.keepUp();
        if (this.#isEnding) return;
      }
    } catch {
      this.#logger.warn('Looking for keys that expire soon or are unused failed. The next round continues.');
    }
  }
}
