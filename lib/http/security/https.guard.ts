import {
  Injectable,
  Logger,
  Optional,
  type CanActivate,
  type ExecutionContext,
  type OnModuleInit,
} from '@nestjs/common';
import { SecurityError } from '../../errors/index.js';
import { requireModule } from '../require-module.js';
import { RouteSupport } from '../route-support.js';
import { isLoopback, isSecure, type RequestWithProtocol } from './is-secure.js';
import { proxyMistakeOf } from './proxy-mistake.js';

/** The log has the warning once per application, although each module that uses the guard has its own instance. */
const warned = new WeakSet<RouteSupport>();

/**
 * Applies the option `https`: refuses or reports requests without TLS. The module's own routes have it; put it on other routes
 * with `@UseGuards(HttpsGuard)`.
 *
 * It trusts only what the platform reports. Behind a proxy, set the platform's `trust proxy` to the proxy's address, never to
 * `true`.
 *
 * @publicApi
 */
@Injectable()
export class HttpsGuard implements CanActivate, OnModuleInit {
  readonly #logger = new Logger('ByokModule');

  /** @internal */
  constructor(@Optional() private readonly support: RouteSupport) {}

  /** Called by Nest. @throws ConfigurationError if the module of the handler does not see `ByokModule` */
  onModuleInit(): void {
    requireModule(this.support, this);
  }

  /** @throws SecurityError `BYOK_HTTPS_REQUIRED` */
  canActivate(context: ExecutionContext): boolean {
    requireModule(this.support, this);
    const mode = this.support.https;
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

  /** Once per application. */
  #warn({ ip, headers }: RequestWithProtocol, mode: 'warn' | 'block'): void {
    if (warned.has(this.support)) return;
    const mistake = proxyMistakeOf(headers);
    if (mistake === undefined && (mode === 'block' || isLoopback(ip))) return;
    warned.add(this.support);
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
