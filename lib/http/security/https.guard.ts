import { Inject, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { SecurityError } from '../../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { proxyMistakeOf } from './proxy-mistake.js';

interface RequestWithProtocol {
  /** Express. */
  secure?: boolean;
  /** Express and Fastify. */
  protocol?: string;
  ip?: string;
  headers?: ByokRequest['headers'];
}

/** Applications whose log has the warning: every module that uses the guard has an instance of its own. */
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
    this.#warn(request, mode);
    if (mode === 'warn') return true;
    throw new SecurityError(
      'BYOK_HTTPS_REQUIRED',
      'Use https: keys are not taken or shown over an unencrypted connection.',
    );
  }

  /** Once an application. */
  #warn({ ip, headers }: RequestWithProtocol, mode: 'warn' | 'block'): void {
    if (warned.has(this.options)) return;
    const mistake = proxyMistakeOf(headers);
    if (mistake === undefined && (mode === 'block' || isLoopback(ip))) return;
    warned.add(this.options);
    if (mistake === undefined) {
      this.#logger.warn(
        "Keys are sent over an unencrypted connection. Use HTTPS and, behind a proxy, set the platform's 'trust proxy' to its address.",
      );
      return;
    }
    const effect = mode === 'block' ? 'It is refused' : 'It counts as unencrypted';
    this.#logger.warn(`A request ${mistake}. ${effect}, and write limits count all clients of the proxy as one.`);
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
