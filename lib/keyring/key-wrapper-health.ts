import { Injectable } from '@nestjs/common';
import { Keyring } from '../crypto/index.js';
import type { KeyWrapperStatus } from './key-wrapper-status.interface.js';
import { WrappedRootKeys } from './wrapped-root-keys.js';

/**
 * Whether the keys that a key management service holds are there, for an application's readiness probe.
 *
 * @example
 * ```ts
 * @Get('ready')
 * async ready() {
 *   if (!(await this.health.check()).ready) throw new ServiceUnavailableException();
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class KeyWrapperHealth {
  /** @internal */
  constructor(
    private readonly keyring: Keyring,
    private readonly roots: WrappedRootKeys,
  ) {}

  /** Whether this instance has all root keys. Calls no service. Always true without a `KeyWrapper`. */
  get isReady(): boolean {
    return !this.keyring.isWaiting;
  }

  /** Calls the services too, which takes up to seven seconds in an outage. Never rejects. */
  async check(): Promise<KeyWrapperStatus> {
    const wrappers = this.keyring.wrappers.map(async (wrapper) => {
      const healthy = wrapper.health
        ? await this.roots.check(wrapper).then(
            () => true,
            () => false,
          )
        : null;
      return { id: wrapper.id, healthy };
    });
    return { wrappers: await Promise.all(wrappers), ready: this.isReady };
  }
}
