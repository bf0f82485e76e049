import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokError, InvalidInputError } from '../errors/index.js';
import { CleanupInterceptor } from '../expiry/index.js';
import {
  CsrfTokens,
  Flash,
  FormBodyGuard,
  FormOriginGuard,
  HttpsGuard,
  MountPath,
  PageExceptionFilter,
  PageGuards,
  PageRenderer,
  refuseUndeclaredFields,
  sameOriginPath,
  SecurityHeadersGuard,
  WriteRateLimitGuard,
} from '../http/index.js';
import { OneCallerGuard } from '../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { ByokService } from '../keys/index.js';
import { formatExpiration, formatProviderName, type FormNotice, type Translate, translator } from '../views/index.js';
import { DashboardPages } from './dashboard-pages.js';
import { formErrorText, isFormError } from './error-text.js';
import { type KeyForm, readKeyForm } from './key-form.js';

/** No key has it: the form of a key that is still to be stored. */
const NEW_LABEL = '';

/** No provider has it. */
const UNKNOWN = '';

/** What a form does, and the provider whose it is; the answer is what is told of it. */
type Work = (form: KeyForm, t: Translate) => Promise<string>;

/**
 * The pages. No answer carries a key; whose keys they are about comes from `resolveUser` and the session alone.
 *
 * The module gives it its path.
 *
 * @internal
 */
@Controller({ version: VERSION_NEUTRAL })
@UseFilters(PageExceptionFilter)
@UseGuards(
  SecurityHeadersGuard,
  HttpsGuard,
  OneCallerGuard,
  FormOriginGuard,
  PageGuards,
  FormBodyGuard,
  WriteRateLimitGuard,
)
@UseInterceptors(CleanupInterceptor)
export class DashboardController {
  constructor(
    @Inject(ByokService) private readonly byok: ByokService,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(DashboardPages) private readonly pages: DashboardPages,
    @Inject(CsrfTokens) private readonly tokens: CsrfTokens,
    @Inject(Flash) private readonly flash: Flash,
    @Inject(PageRenderer) private readonly frame: PageRenderer,
    @Inject(MountPath) private readonly mountPath: MountPath,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  show(@Req() request: ByokRequest, @Res() response: unknown): Promise<void> {
    return this.pages.send(request, response, () => this.pages.dashboard(request));
  }

  @Get('clear')
  confirmClear(@Req() request: ByokRequest, @Res() response: unknown): Promise<void> {
    return this.pages.send(request, response, () => this.pages.clear(request));
  }

  // Before the route with a parameter, which would take "clear" for a provider.
  @Post('keys/clear')
  clear(@Req() request: ByokRequest, @Res() response: unknown, @Body() body: unknown): Promise<void> {
    return this.#submit(request, response, body, 'clear', async (form, t) => {
      // A provider may be called "clear": its form must not delete everything.
      if (form.apiKey !== undefined) return this.#save(request, 'clear', form, t);
      return t('keysDeleted', { count: await this.byok.clearKeys(request) });
    });
  }

  @Post('keys')
  add(@Req() request: ByokRequest, @Res() response: unknown, @Body() body: unknown): Promise<void> {
    return this.#submit(request, response, body, undefined, (form, t) =>
      this.#save(request, form.provider ?? '', form, t),
    );
  }

  @Post('keys/:provider')
  save(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#submit(request, response, body, provider, (form, t) => this.#save(request, provider, form, t));
  }

  @Post('keys/:provider/delete')
  delete(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#submit(request, response, body, provider, async ({ label }, t) => {
      const deleted = await this.byok.deleteKey(request, provider, { label });
      // A label that there is not may be anything, a key too.
      return t(deleted ? 'keyDeleted' : 'noSuchKey', { name: this.#nameOf(provider, t, deleted ? label : undefined) });
    });
  }

  async #save(request: ByokRequest, provider: string, form: KeyForm, t: Translate): Promise<string> {
    const { apiKey, label, fields, isNew } = form;
    if (apiKey === undefined || apiKey === '') throw new InvalidInputError('Fill in the key.', 'noKey');
    refuseUndeclaredFields(fields, this.options.providers[provider]);
    const stored = await this.byok.setKey(request, provider, apiKey, { label, fields, ifAbsent: isNew });
    const replaced = stored.updatedAt.getTime() > stored.createdAt.getTime();
    const message = t(replaced ? 'keyUpdated' : 'keyAdded', { name: this.#nameOf(provider, t, stored.label) });
    const shown = t('keyShown', { message: message.replace(/\.$/, ''), hint: stored.hint });
    return `${shown} ${formatExpiration(stored.expiresAt, this.frame.reader(request))}.`;
  }

  async #submit(
    request: ByokRequest,
    response: unknown,
    body: unknown,
    provider: string | undefined,
    work: Work,
  ): Promise<void> {
    const form = readKeyForm(body);
    await this.tokens.check(request, form.csrfToken);
    const to = sameOriginPath(form.returnTo) ?? this.mountPath.url;
    try {
      const text = await work(form, translator(this.frame.reader(request)));
      await this.flash.put(request, to, { kind: 'success', text });
    } catch (error) {
      if (!(error instanceof ByokError) || !isFormError(error)) throw error;
      const notice = await this.#refused(error, provider, form, request);
      if (!(await this.flash.put(request, to, notice))) throw error;
    }
    this.adapterHost.httpAdapter.redirect(response, 303, to);
  }

  /** What is not stored is not repeated: somebody may have put their key where a provider or label belongs. */
  async #refused(
    error: ByokError,
    ofPath: string | undefined,
    form: KeyForm,
    request: ByokRequest,
  ): Promise<FormNotice> {
    const { providers } = this.options;
    const { label, apiKey, isNew, provider: chosen = '' } = form;
    const provider = ofPath ?? chosen;
    const text = formErrorText(error, provider, providers, this.frame.reader(request), { apiKey, label });
    const keys = (await this.byok.listKeys(request)).filter((key) => key.provider === provider);
    const isKnown = keys.length > 0 || Object.hasOwn(providers, provider);
    if (ofPath === undefined) {
      const refusal = { provider: isKnown ? provider : UNKNOWN, message: text, chosen: true };
      return { kind: 'error', text, refusal };
    }
    if (!isKnown) return { kind: 'error', text };
    const isStored = !isNew && (label === undefined || keys.some((key) => key.label === label));
    return { kind: 'error', text, refusal: { provider, label: isStored ? label : NEW_LABEL, message: text } };
  }

  #nameOf(provider: string, t: Translate, label = 'default'): string {
    const name = formatProviderName(provider, this.options.providers);
    return label === 'default' ? name : t('labelled', { name, label });
  }
}
