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
import { ByokError } from '../errors/index.js';
import {
  CsrfTokens,
  Flash,
  FormBodyGuard,
  FormOriginGuard,
  CleanupInterceptor,
  HttpsGuard,
  MountPath,
  PageExceptionFilter,
  PageGuards,
  PageRenderer,
  sameOriginPath,
  SecurityHeadersGuard,
  WriteRateLimitGuard,
} from '../http/index.js';
import { OneCallerGuard } from '../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { ByokService } from '../keys/index.js';
import type { FormNotice, ReaderProps, Refusal } from '../views/index.js';
import { DashboardPages } from './dashboard-pages.js';
import { formErrorText, isFormError } from './error-text.js';
import { KeyFormActions } from './key-form-actions.js';
import { type KeyForm, readKeyForm } from './key-form.js';

/** No provider has it. */
const UNKNOWN = '';

/** What a form does; the result is the sentence that reports it, of a success unless it says otherwise. */
type Work = (form: KeyForm, reader: ReaderProps) => Promise<string | FormNotice>;

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
    @Inject(KeyFormActions) private readonly actions: KeyFormActions,
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
    return this.#submit(request, response, body, 'clear', (form, reader) =>
      // A provider may be called "clear": its form must not delete everything.
      form.apiKey === undefined
        ? this.actions.clear(request, reader)
        : this.actions.save(request, 'clear', form, reader),
    );
  }

  @Post('keys')
  add(@Req() request: ByokRequest, @Res() response: unknown, @Body() body: unknown): Promise<void> {
    return this.#submit(request, response, body, undefined, (form, reader) =>
      this.actions.save(request, form.provider ?? '', form, reader),
    );
  }

  @Post('keys/:provider')
  save(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('save', request, response, provider, body);
  }

  @Post('keys/:provider/edit')
  edit(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('edit', request, response, provider, body);
  }

  @Post('keys/:provider/default')
  choose(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('choose', request, response, provider, body);
  }

  @Post('keys/:provider/check')
  check(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('check', request, response, provider, body);
  }

  @Post('keys/:provider/delete')
  delete(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('delete', request, response, provider, body);
  }

  #act(
    action: 'save' | 'edit' | 'choose' | 'check' | 'delete',
    request: ByokRequest,
    response: unknown,
    provider: string,
    body: unknown,
  ): Promise<void> {
    return this.#submit(request, response, body, provider, (form, reader) =>
      this.actions[action](request, provider, form, reader),
    );
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
      const done = await work(form, this.frame.reader(request));
      await this.flash.put(request, to, typeof done === 'string' ? { kind: 'success', text: done } : done);
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
    const { label, isNew, provider: chosen = '' } = form;
    const provider = ofPath ?? chosen;
    const text = formErrorText(error, provider, providers, this.frame.reader(request), label);
    const keys = (await this.byok.listKeys(request)).filter((key) => key.provider === provider);
    const isKnown = keys.length > 0 || Object.hasOwn(providers, provider);
    if (ofPath === undefined) {
      return { kind: 'error', text, refusal: { provider: isKnown ? provider : UNKNOWN, message: text, form: 'add' } };
    }
    if (!isKnown) return { kind: 'error', text };
    const stored = isNew ? undefined : keys.find((key) => (label === undefined ? key.isDefault : key.label === label));
    // It was deleted meanwhile.
    if (!stored && error.code === 'BYOK_KEY_NOT_FOUND') return { kind: 'error', text };
    const isEdit = form.expiresOn !== undefined || form.newLabel !== undefined;
    const refusal: Refusal = stored
      ? { provider, label: stored.label, message: text, form: isEdit ? 'edit' : 'replace' }
      : { provider, message: text, form: 'add' };
    return { kind: 'error', text, refusal };
  }
}
