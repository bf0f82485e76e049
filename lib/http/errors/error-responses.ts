import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import {
  BYOK_ERROR_STATUS,
  ByokError,
  InvalidKeyError,
  KeyRequiredError,
  KeyUnusableError,
  SESSION_REASON,
  StorageError,
  UserRequiredError,
} from '../../errors/index.js';
import type { ByokRequest, KeyVerdictReason, ResolvedByokOptions } from '../../interfaces/index.js';
import { MAX_BODY, tooLarge, unsupportedMediaType } from '../body/body-rules.js';
import { signInUrlOf } from '../pages/sign-in-url.js';
import { MountPath } from '../platform/mount-path.js';
import { setSecurityHeaders, setTransportSecurity } from '../security/response-headers.js';
import { acceptsHtml } from './accepts-html.js';
import { keptResponseOf } from './application-response.js';
import { ErrorPages } from './error-pages.js';

/** Body of every error response of this library. @publicApi */
export interface ByokErrorBody {
  statusCode: number;
  code: string;
  message: string;
  /** With `BYOK_KEY_REQUIRED`: the providers; a key for one of them is enough. If a key cannot be used: its provider. */
  providers?: readonly string[];
  /** With `BYOK_KEY_REQUIRED`: whose key will do, if not only the caller's own. */
  from?: readonly string[];
  /** If a key cannot be used (`BYOK_KEY_REFUSED`, `BYOK_KEY_NO_CREDIT`, `BYOK_KEY_RESTRICTED`): its provider. */
  provider?: string;
  /** If a key cannot be used: its label. */
  label?: string;
  /** If a key cannot be used that is not the caller's own: `platform`, or a kind of the option `sharedOwners`. */
  owner?: string;
  /** With `BYOK_KEY_REQUIRED`, and if a key cannot be used: where the user can store a key. */
  manageUrl?: string;
  /** With `BYOK_INVALID_KEY`: why the provider refused the key, if it was asked. */
  reason?: KeyVerdictReason;
}

/**
 * Sends an error: a page to a browser that navigates, JSON to all others.
 *
 * @internal
 */
@Injectable()
export class ErrorResponses {
  readonly #logger = new Logger('ByokModule');

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly adapterHost: HttpAdapterHost,
    private readonly mountPath: MountPath,
    private readonly pages: ErrorPages,
  ) {}

  /**
   * Resolves when the response is sent. Fastify assumes that an error handler which ends earlier sends nothing, and sends a
   * second response: that ends the process if a session is being saved.
   *
   * @param html - Whether a page may be the answer.
   */
  async send(
    error: unknown,
    request: ByokRequest & { method?: string },
    response: unknown,
    html = true,
  ): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    if (endIfStarted(httpAdapter, response)) return;
    // @fastify/session would save it with this answer, fail again, and have Fastify show the client why.
    if (error instanceof StorageError && error.reason === SESSION_REASON && httpAdapter.getType() === 'fastify') {
      request.session = null;
    }
    setSecurityHeaders(this.adapterHost, response);
    setTransportSecurity(this.adapterHost, request, response, this.options);
    const kept = keptResponseOf(error);
    if (!html || !acceptsHtml(request)) {
      const { status, body } = kept ?? this.#json(error);
      // Both platforms add the charset. With one, the Fastify adapter of Nest 11 logs a warning for each error.
      httpAdapter.setHeader(response, 'Content-Type', 'application/json');
      await httpAdapter.reply(response, body, status);
      return;
    }
    const signInUrl =
      kept?.status === 401 && request.method === 'GET' ? signInUrlOf(this.options, request, this.mountPath) : undefined;
    if (signInUrl !== undefined) {
      await httpAdapter.redirect(response, 303, signInUrl);
      return;
    }
    const { code, statusCode } = this.bodyOf(error);
    const page = await this.#page(error, code, request);
    httpAdapter.setHeader(response, 'Content-Type', 'text/html; charset=utf-8');
    await httpAdapter.reply(response, page, kept?.status ?? statusCode);
  }

  #json(error: unknown): { status: number; body: object } {
    const body = this.bodyOf(error);
    return { status: body.statusCode, body };
  }

  /** Nobody hears of a filter that fails, in an application's layout say: that would end the process. */
  async #page(error: unknown, code: string, request: ByokRequest): Promise<string> {
    try {
      return await this.pages.render(error, code, request);
    } catch (failure) {
      this.#logger.error(`Could not render the error page: ${nameOf(failure)}\n${stackOf(failure)}`);
      return this.pages.plain(code, request);
    }
  }

  /** The body for an error, in HTTP and elsewhere. */
  bodyOf(error: unknown): ByokErrorBody {
    const known = toByokError(error);
    if (known) {
      const body = describeError(known, this.#logger);
      // Without pages there is nowhere to send people.
      const isForKey = known instanceof KeyRequiredError || known instanceof KeyUnusableError;
      return isForKey && this.options.dashboard !== false ? { ...body, manageUrl: this.mountPath.url } : body;
    }
    const status = statusOf(error);
    if (status === 404) return { statusCode: 404, code: 'BYOK_NOT_FOUND', message: 'There is nothing here.' };
    if (status !== undefined && status < 500) {
      return { statusCode: status, code: 'BYOK_REFUSED', message: 'The request was refused.' };
    }
    // Where it was thrown, but not its message: that may quote what it stumbled over.
    this.#logger.error(`Unexpected ${nameOf(error)}\n${stackOf(error)}`);
    return { statusCode: 500, code: 'BYOK_INTERNAL', message: 'Something went wrong.' };
  }
}

/** The body for an error of this library, as far as it depends on nothing else. A fault of the application is logged. @internal */
export function describeError(error: ByokError, logger: Logger): ByokErrorBody {
  const { code, message } = error;
  const statusCode = BYOK_ERROR_STATUS[code];
  if (statusCode === 500) logger.error(message);
  const body = { statusCode, code, message };
  if (error instanceof KeyRequiredError) {
    const { providers, from } = error;
    return { ...body, providers, ...(from !== undefined && { from }) };
  }
  if (error instanceof InvalidKeyError && error.reason !== undefined) return { ...body, reason: error.reason };
  if (!(error instanceof KeyUnusableError)) return body;
  const { provider, providers, label, owner } = error;
  return { ...body, provider, providers, label, ...(owner !== undefined && { owner }) };
}

interface StartedResponse {
  headersSent?: boolean;
  writableEnded?: boolean;
  end?: () => void;
}

/** Ends a response that a handler has begun to send: nothing else would. */
function endIfStarted(adapter: AbstractHttpAdapter, response: unknown): boolean {
  // Fastify counts a response as sent only once it is complete.
  const raw = (response as { raw?: StartedResponse }).raw ?? (response as StartedResponse);
  if (!raw.headersSent && !adapter.isHeadersSent(response)) return false;
  if (!raw.writableEnded) raw.end?.();
  return true;
}

/** The limit that a body was longer than, if its parser says so. */
function limitOf(error: unknown): number | undefined {
  const { limit, code } = error as { limit?: unknown; code?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return MAX_BODY;
  return typeof limit === 'number' ? Math.min(limit, MAX_BODY) : undefined;
}

/** An error of Nest's, of a body parser or of the like in our terms; its own message may quote the body. */
function toByokError(error: unknown): ByokError | undefined {
  if (error instanceof ByokError) return error;
  switch (statusOf(error)) {
    case 400:
    // A name that is longer than the router of Fastify takes.
    case 414:
      return new ByokError('BYOK_INVALID_INPUT', 'The request is malformed.');
    case 401:
      return new UserRequiredError('Sign in first.');
    case 413:
      return tooLarge(limitOf(error));
    case 415:
      return unsupportedMediaType();
    case 503:
      return new StorageError('The service is not available at the moment. Try again.');
    default:
      return undefined;
  }
}

/** The status of an `HttpException`, or of a refusal by middleware of Express or a parser of Fastify. @internal */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const { status: given, statusCode } = (error ?? {}) as { status?: unknown; statusCode?: unknown };
  const status = given ?? statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function stackOf(error: unknown): string {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines.filter((line) => /^\s+at /.test(line)).join('\n');
}
