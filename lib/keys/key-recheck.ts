import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { KeyNotFoundError } from '../errors/index.js';
import type { KeyOwner, ResolvedByokOptions, StoredKey } from '../interfaces/index.js';
import { type KeyScope, KeyStorage, type KeySlot } from '../storage/index.js';
import { StoredKeyChecks } from './stored-key-checks.js';

/** Milliseconds between two looks at the clock: a timer of a longer interval would overflow. */
const LOOK_EVERY = 60_000;

/** A stored key that was checked: what was found, or what the check failed with. @internal */
export interface CheckedKey extends KeySlot {
  owner: KeyOwner;
  result: StoredKey | Error;
}

/** How a walk goes. @internal */
export interface WalkOptions {
  /** Keys that were checked within so many milliseconds are left out. */
  age: number;
  perSecond: number;
  providers?: readonly string[];
  /** Only keys of this owner. */
  owner?: KeyOwner | undefined;
  signal?: AbortSignal;
}

/**
 * Checks everybody's stored keys again, one after the other, as the option `recheck` says. Instances share the work: a key
 * that another one has checked by then is left out.
 *
 * @internal
 */
@Injectable()
export class KeyRecheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('ByokModule');
  readonly #shutdown = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #underWay: Promise<void> | undefined;
  #next = 0;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(KeyStorage) private readonly storage: KeyStorage,
    private readonly checks: StoredKeyChecks,
  ) {}

  onApplicationBootstrap(): void {
    const { recheck } = this.options;
    if (!recheck || !this.storage.unchecked) return;
    const { every, perSecond } = recheck;
    this.#timer = setInterval(
      () => {
        if (this.#underWay || performance.now() < this.#next) return;
        this.#next = performance.now() + every;
        this.#underWay = this.#round(every, perSecond).finally(() => (this.#underWay = undefined));
      },
      Math.min(every, LOOK_EVERY),
    ).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    this.#shutdown.abort();
    await this.#underWay;
  }

  /** Checks keys and yields each. One that fails does not stop the others. */
  async *walk({ age, perSecond, providers, owner: of, signal }: WalkOptions): AsyncGenerator<CheckedKey> {
    const checkable = Object.keys(this.options.providers).filter((id) => this.options.providers[id].check);
    const wanted = checkable.filter((id) => providers?.includes(id) ?? true);
    for await (const page of this.storage.unchecked?.(wanted, age, of) ?? []) {
      for (const { owner, provider, label } of page) {
        if (signal?.aborted) return;
        const begun = performance.now();
        const scope: KeyScope = { source: 'database', owner };
        const slot = { provider, label };
        try {
          const result = await this.checks.checkUnless(scope, slot, age);
          if (!result) continue;
          yield { owner, ...slot, result };
        } catch (error) {
          if (error instanceof KeyNotFoundError) continue;
          yield { owner, ...slot, result: error as Error };
        }
        await rest(begun + 1_000 / perSecond - performance.now(), signal);
      }
    }
  }

  async #round(age: number, perSecond: number): Promise<void> {
    const { signal } = this.#shutdown;
    let failed = 0;
    try {
      for await (const { result } of this.walk({ age, perSecond, signal })) if (result instanceof Error) failed++;
    } catch {
      this.#logger.warn('Checking stored keys again failed. The next round continues.');
    }
    if (failed > 0) this.#logger.warn(`${failed} stored keys could not be opened to be checked again.`);
  }
}

async function rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
