import { Inject, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { SecurityError } from '../../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';

interface RequestWithProtocol {
  /** Express. */
  secure?: boolean;
  /** Express and Fastify. */
  protocol?: string;
  ip?: string;
  headers?: ByokRequest['headers'];
}

/** Of which application the operator was told: there is a guard of this class in every module that uses it. */
const warned = new WeakSet<ResolvedByokOptions>();

/**
 * Refuses or warns of requests that came without TLS, as the option `https` says. On the module's own routes always;
 * put it on other routes with `@UseGuards(HttpsGuard)`.
 *
 * Only what the platform says of the request is believed. Behind a proxy, set the platform's `trust proxy` to the
 * proxy's address, never to `true`.
 *
 * @publicApi
 */
@Injectable()
export class HttpsGuard implements CanActivate {
  readonly #logger = new Logger('ByokModule');

  /** @internal */
  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  /** @throws SecurityError `BYOK_HTTPS_REQUIRED` */
  canActivate(context: ExecutionContext): boolean {
    const mode = this.options.https;
    if (mode === 'off' || context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<RequestWithProtocol>();
    if (isSecure(request)) return true;
    if (mode === 'block') {
      throw new SecurityError(
        'BYOK_HTTPS_REQUIRED',
        'Use https: keys are not taken or shown over an unencrypted connection.',
      );
    }
    if (!isLoopback(request.ip) && !warned.has(this.options)) {
      warned.add(this.options);
      this.#logger.warn(
        "Keys are sent over an unencrypted connection. Use HTTPS and, behind a proxy, set the platform's 'trust proxy' to its address.",
      );
    }
    return true;
  }
}

/**
 * Whether a request came by TLS, as far as the platform knows. Not where several proxies' words were put one after the
 * other: the platform takes the first, which may be the client's.
 *
 * @internal
 */
export function isSecure(request: object): boolean {
  const { secure, protocol, headers } = request as RequestWithProtocol;
  return (secure ?? protocol === 'https') && !String(headers?.['x-forwarded-proto'] ?? '').includes(',');
}

/** Whether an address is one of this machine. @internal */
export function isLoopback(ip = ''): boolean {
  return ip === '::1' || /^(::ffff:)?127\./.test(ip);
}
