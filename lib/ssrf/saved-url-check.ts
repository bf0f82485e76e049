import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import type { ProviderConfig } from '../interfaces/index.js';
import { checkAddress, hostOf } from './public-host.js';

/** Milliseconds that a save waits for DNS. */
const PATIENCE = 1_000;

/**
 * Refuses, when a key is saved, URLs whose host's name answers with an address that is not public. It is a courtesy to
 * who mistypes, and no defence: DNS can give another answer later, so `assertPublicUrl` asks again at use. Therefore a
 * name that does not answer in time, or at all, is taken.
 *
 * It asks DNS directly. The system's resolver (`dns.lookup`) works in four threads that files and scrypt need too and
 * cannot be interrupted: a few names served slowly on purpose would hold everybody up.
 *
 * @internal
 */
@Injectable()
export class SavedUrlCheck {
  /** @throws InvalidInputError */
  async check(fields: Record<string, string>, config: ProviderConfig | undefined): Promise<void> {
    const urls = Object.entries(config?.fields ?? {}).filter(([name, { type }]) => type === 'url' && fields[name]);
    await Promise.all(
      urls.map(async ([name, { allowPrivate }]) => {
        const host = hostOf(new URL(fields[name]));
        if (isIP(host)) return;
        for (const address of await this.#addressesOf(host)) checkAddress(address, { allowPrivate });
      }),
    );
  }

  protected createResolver(): Resolver {
    return new Resolver({ timeout: PATIENCE, tries: 1 });
  }

  async #addressesOf(host: string): Promise<string[]> {
    const resolver = this.createResolver();
    // The time-out of a resolver is one per server.
    const timer = setTimeout(() => resolver.cancel(), PATIENCE);
    try {
      const found = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      return found.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    } finally {
      clearTimeout(timer);
    }
  }
}
