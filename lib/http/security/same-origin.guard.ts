import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { SecurityError, UserRequiredError } from '../../errors/index.js';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { describeHeaders, hasCredentials, judgeApi, judgeForm } from './cross-site-rules.js';

type RequestWithMethod = ByokRequest & { method: string };

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses forms that another site caused a browser to send.
 *
 * Like `ApiOriginGuard`, it runs before bodies are read and writes are counted: requests of another site do not use up a user's
 * limit.
 *
 * @internal
 */
@Injectable()
export class FormOriginGuard implements CanActivate {
  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  /** @throws {@link SecurityError} `BYOK_CSRF` */
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<RequestWithMethod>();
    if (SAFE.has(method) || judgeForm(headers, this.options.publicOrigins) === 'allowed') return true;
    const advice = this.options.api ? ' Programs use the JSON API.' : '';
    throw new SecurityError('BYOK_CSRF', `This form may come from another site: ${describeHeaders(headers)}.${advice}`);
  }
}

/**
 * Refuses requests to the JSON API that another site caused a browser to send, as far as their headers show it. The Host header
 * is never used: the client chooses it.
 *
 * @internal
 */
@Injectable()
export class ApiOriginGuard implements CanActivate {
  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  /** @throws {@link SecurityError} `BYOK_CSRF` */
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<RequestWithMethod>();
    if (SAFE.has(method) || judgeApi(headers, this.options.publicOrigins) !== 'refused') return true;
    throw refusal(headers);
  }
}

/**
 * The second half of `ApiOriginGuard`: runs after the application's guards, which may be what finds the user.
 *
 * @internal
 */
@Injectable()
export class ApiUserGuard implements CanActivate {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly callers: CallerResolver,
  ) {}

  /**
   * @throws {@link SecurityError} `BYOK_CSRF` for a program that names no user
   * @throws {@link UserRequiredError} for an `Authorization` header that names no user
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<RequestWithMethod>();
    const { method, headers } = request;
    if (SAFE.has(method) || judgeApi(headers, this.options.publicOrigins) !== 'if signed in') return true;
    if ((await this.callers.caller(request)).userId !== undefined) return true;
    if (!hasCredentials(headers)) throw refusal(headers);
    throw new UserRequiredError('Sign in first: the Authorization header does not name a user (option resolveUser).');
  }
}

function refusal(headers: ByokRequest['headers']): SecurityError {
  return new SecurityError(
    'BYOK_CSRF',
    `This request may come from another site: ${describeHeaders(headers)}. Programs send an Authorization header and no cookie. For a web page on another origin, add that origin to the option publicOrigins.`,
  );
}
