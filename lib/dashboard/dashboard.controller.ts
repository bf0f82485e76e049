import {
  Body,
  Controller,
  Get,
  Header,
  Inject,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { ByokService } from '../byok.service.js';
import { ByokError, InvalidInputError } from '../errors/index.js';
import { HttpsGuard } from '../guards/index.js';
import {
  FormBodyGuard,
  FormTokens,
  MountPath,
  PageExceptionFilter,
  refuseUndeclaredFields,
  SameOriginGuard,
  sameOriginPath,
  SecurityHeadersGuard,
  WriteRateGuard,
} from '../http/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { DashboardPage, formatProviderName, renderDocument } from '../views/index.js';
import { DashboardGuards } from './dashboard-guards.guard.js';
import { Flash } from './flash.js';
import { readKeyForm, type KeyForm } from './key-form.js';

/** What a person can mend in the form itself; everything else is a page of its own. */
const MENDABLE = new Set(['BYOK_INVALID_INPUT', 'BYOK_INVALID_KEY', 'BYOK_KEY_LIMIT']);

/**
 * The pages. No answer carries a key; whose keys they are about comes from `resolveUser` and the session alone.
 *
 * The module gives it its path.
 *
 * @internal
 */
@Controller({ version: VERSION_NEUTRAL })
@UseFilters(PageExceptionFilter)
@UseGuards(SecurityHeadersGuard, HttpsGuard, SameOriginGuard, FormBodyGuard, DashboardGuards, WriteRateGuard)
export class DashboardController {
  constructor(
    @Inject(ByokService) private readonly byok: ByokService,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    @Inject(FormTokens) private readonly tokens: FormTokens,
    @Inject(Flash) private readonly flash: Flash,
    @Inject(MountPath) private readonly mountPath: MountPath,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  async show(@Req() request: ByokRequest): Promise<string> {
    const keys = await this.byok.listKeys(request);
    return renderDocument(
      DashboardPage({
        title: this.options.dashboard === false ? '' : this.options.dashboard.title,
        baseUrl: this.mountPath.url,
        keys,
        providerConfigs: this.options.providers,
        csrfToken: await this.tokens.issue(request),
        notice: await this.flash.take(request),
      }),
    );
  }

  // Before the route with a parameter, which would take "clear" for a provider.
  @Post('keys/clear')
  clear(@Req() request: ByokRequest, @Res() response: unknown, @Body() body: unknown): Promise<void> {
    return this.#submit(request, response, body, async (form) => {
      // A provider may be called "clear": its form must not delete everything.
      if (form.apiKey !== undefined) return this.#save(request, 'clear', form);
      const count = await this.byok.clearKeys(request);
      return count === 1 ? 'One key was deleted.' : `${count} keys were deleted.`;
    });
  }

  @Post('keys')
  add(@Req() request: ByokRequest, @Res() response: unknown, @Body() body: unknown): Promise<void> {
    return this.#submit(request, response, body, (form) => this.#save(request, form.provider ?? '', form));
  }

  @Post('keys/:provider')
  save(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#submit(request, response, body, (form) => this.#save(request, provider, form));
  }

  @Post('keys/:provider/delete')
  delete(
    @Req() request: ByokRequest,
    @Res() response: unknown,
    @Param('provider') provider: string,
    @Body() body: unknown,
  ): Promise<void> {
    return this.#submit(request, response, body, async ({ label }) => {
      const deleted = await this.byok.deleteKey(request, provider, { label });
      const name = formatProviderName(provider, this.options.providers[provider]);
      return deleted ? `The key for ${name} was deleted.` : `There was no key for ${name}.`;
    });
  }

  async #save(request: ByokRequest, provider: string, { apiKey, label, fields }: KeyForm): Promise<string> {
    if (apiKey === undefined) throw new InvalidInputError('Fill in the key.');
    refuseUndeclaredFields(fields, this.options.providers[provider]);
    const { hint } = await this.byok.setKey(request, provider, apiKey, { label, fields });
    return `The key for ${formatProviderName(provider, this.options.providers[provider])} (${hint}) was saved.`;
  }

  async #submit(
    request: ByokRequest,
    response: unknown,
    body: unknown,
    work: (form: KeyForm) => Promise<string>,
  ): Promise<void> {
    const form = readKeyForm(body);
    await this.tokens.check(request, form.csrfToken);
    const back = sameOriginPath(form.returnTo) ?? this.mountPath.url;
    let notice: string;
    let to = back;
    try {
      notice = await work(form);
    } catch (error) {
      if (!(error instanceof ByokError) || !MENDABLE.has(error.code)) throw error;
      notice = error.message;
      to = this.mountPath.url;
      if (!(await this.flash.put(request, notice))) throw error;
    }
    if (to === this.mountPath.url) await this.flash.put(request, notice);
    this.adapterHost.httpAdapter.redirect(response, 303, to);
  }
}
