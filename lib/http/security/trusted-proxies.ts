import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { ConfigurationError } from '../../errors/index.js';
import type { ResolvedByokOptions } from '../../interfaces/index.js';
import { optionsOf } from '../platform/fastify.js';

type IsTrusted = (address: string, hop: number) => boolean;

/** Far apart and nobody's proxy of an application: who trusts all of them trusts everybody. */
const STRANGERS = ['1.1.1.1', '8.8.8.8', '9.9.9.9', '2001:4860:4860::8888'];
/** More than any chain of proxies, for platforms that are configured with their number. */
const FAR = 99;

/**
 * Refuses to start if TLS is required and the platform trusts the forwarding headers of every client.
 *
 * @internal
 */
@Injectable()
export class TrustedProxies implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  /** @throws ConfigurationError */
  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter;
    if (this.options.https !== 'block' || !adapter) return;
    const isFastify = adapter.getType() === 'fastify';
    if (!trustsEverybody(isFastify ? optionsOf(adapter.getInstance())?.trustProxy : ofExpress(adapter.getInstance())))
      return;
    const instead = isFastify
      ? // Not their number, with which Fastify believes nobody.
        "new FastifyAdapter({ trustProxy: '10.0.0.0/8' })"
      : "app.set('trust proxy', '10.0.0.0/8') or 'loopback', or the number of proxies in front";
    throw new ConfigurationError(
      `https: 'block' cannot be kept: the platform trusts every proxy, so that a client can claim https by a header. Name the addresses of your proxies instead: ${instead}.`,
    );
  }
}

function trustsEverybody(trust: unknown): boolean {
  if (trust === true) return true;
  return typeof trust === 'function' && STRANGERS.every((address) => (trust as IsTrusted)(address, FAR));
}

/** What the setting was made into, whichever way it was written. */
function ofExpress(instance: { get?: (name: string) => unknown }): unknown {
  return instance.get?.('trust proxy fn');
}
