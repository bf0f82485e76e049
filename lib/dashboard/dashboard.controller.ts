import {
  Body,
  Controller,
  Get,
  Inject,
  Param,
  Post,
  Query,
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
  ownerIn,
  PageRenderer,
  RequestedOwners,
  sameOriginPath,
  SecurityHeadersGuard,
  WriteRateLimitGuard,
} from '../http/index.js';
import { OneCallerGuard } from '../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { ByokService } from '../keys/index.js';
import type { FormNotice, Refusal } from '../views/index.js';
import { DashboardPages } from './dashboard-pages.js';
import { formErrorText, isFormError } from './error-text.js';
import { type FormCall, KeyFormActions } from './key-form-actions.js';
import { type KeyForm, readKeyForm } from './key-form.js';

/** No provider has it. */
const UNKNOWN = '';

/** A form as it arrives. */
interface SentForm {
  request: ByokRequest;
  response: unknown;
  query: unknown;
  body: unknown;
}

/** What a form does; the result is the sentence that reports it, of a success unless it says otherwise. */
type Work = (form: KeyForm, call: FormCall) => Promise<string | FormNotice>;

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
    @Inject(RequestedOwners) private readonly owners: RequestedOwners,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  show(@Req() request: ByokRequest, @Res() response: unknown): Promise<void> {
    return this.pages.send(request, response, () => this.pages.dashboard(request));
  }

  @Get('clear')
  confirmClear(@Req() request: ByokRequest, @Res() response: unknown, @Query() query: unknown): Promise<void> {
    return this.pages.send(request, response, () => this.pages.clear(request, query));
  }

  // Before the route with a parameter, which would take "clear" for a provider.
  @Post('keys/clear')
  clear(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#submit({ request, response, query, body }, 'clear', (form, call) =>
      // A provider may be called "clear": its form must not delete everything.
      form.apiKey === undefined ? this.actions.clear(call) : this.actions.save(call, 'clear', form),
    );
  }

  @Post('keys')
  add(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#submit({ request, response, query, body }, undefined, (form, call) =>
      this.actions.save(call, form.provider ?? '', form),
    );
  }

  @Post('keys/:provider')
  save(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('save', { request, response, query, body }, provider);
  }

  @Post('keys/:provider/edit')
  edit(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('edit', { request, response, query, body }, provider);
  }

  @Post('keys/:provider/default')
  choose(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('choose', { request, response, query, body }, provider);
  }

  @Post('keys/:provider/check')
  check(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('check', { request, response, query, body }, provider);
  }

  @Post('keys/:provider/delete')
  delete(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#act('delete', { request, response, query, body }, provider);
  }

  #act(action: 'save' | 'edit' | 'choose' | 'check' | 'delete', sent: SentForm, provider: string): Promise<void> {
    return this.#submit(sent, provider, (form, call) => this.actions[action](call, provider, form));
  }

  async #submit({ request, response, query, body }: SentForm, provider: string | undefined, work: Work): Promise<void> {
    const form = readKeyForm(body);
    await this.tokens.check(request, form.csrfToken);
    const to = sameOriginPath(form.returnTo) ?? this.mountPath.url;
    const call = { request, holder: await this.owners.managed(request, query), reader: this.frame.reader(request) };
    try {
      const done = await work(form, call);
      await this.flash.put(request, to, typeof done === 'string' ? { kind: 'success', text: done } : done);
    } catch (error) {
      if (!(error instanceof ByokError) || !isFormError(error)) throw error;
      const notice = await this.#refused(error, provider, form, call);
      const owner = ownerIn(query);
      if (notice.refusal && owner !== undefined) notice.refusal.owner = owner;
      if (!(await this.flash.put(request, to, notice))) throw error;
    }
    this.adapterHost.httpAdapter.redirect(response, 303, to);
  }

  /** What is not stored is not repeated: somebody may have put their key where a provider or label belongs. */
  async #refused(
    error: ByokError,
    ofPath: string | undefined,
    form: KeyForm,
    { holder, reader }: FormCall,
  ): Promise<FormNotice> {
    const { providers } = this.options;
    const { label, isNew, provider: chosen = '' } = form;
    const provider = ofPath ?? chosen;
    const text = formErrorText(error, provider, providers, reader, label);
    const keys = (await this.byok.listKeys(holder)).filter((key) => key.provider === provider);
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
