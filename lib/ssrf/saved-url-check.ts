import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { ProviderConfig } from '../interfaces/index.js';
import { checkAddress, hostOf } from './public-host.js';

/** Milliseconds that a save waits for DNS. */
const TIMEOUT_MS = 1_000;

/**
 * When a key is saved, refuses URLs whose host resolves to an address that is not public. This catches typing errors and is
 * not a defense: DNS can change, so `assertPublicUrl` resolves again at use. Names that do not resolve in time are
 * therefore accepted.
 *
 * It queries DNS directly. The system's resolver (`dns.lookup`) cannot be interrupted and runs in four threads that file
 * access and scrypt need too: a few slow names would block all requests.
 *
 * @internal
 */
@Injectable()
export class SavedUrlCheck {
  /** @throws InvalidInputError */
  async check(fields: Record<string, string>, config: ProviderConfig | undefined): Promise<void> {
    const urls = Object.entries(config?.fields ?? {}).filter(([name, { type }]) => type === 'url' && fields[name]);
    await Promise.all(
      urls.map(async ([name, rules]) => {
        const url = new URL(fields[name]);
        const host = hostOf(url);
        if (isIP(host)) return;
        for (const address of await this.#addressesOf(host)) checkAddress(address, rules, url);
      }),
    );
  }

  protected createResolver(): Resolver {
    return new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  }

  async #addressesOf(host: string): Promise<string[]> {
    const resolver = this.createResolver();
    // A resolver's own time-out applies to each server.
    const timer = setTimeout(() => resolver.cancel(), TIMEOUT_MS);
    try {
      const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    } finally {
      clearTimeout(timer);
    }
  }
}
