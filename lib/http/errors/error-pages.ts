import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { KeyRequiredError, KeyUnusableError } from '../../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';
import { errorPage, keyRequiredPage, keyUnusablePage } from '../../views/index.js';
import { USER_SOURCE } from '../../validation/index.js';
import { Flash } from '../pages/flash.js';
import { type PageParts, PageRenderer } from '../pages/page-renderer.js';
import { pageOf } from '../pages/return-to.js';
import { signInUrlOf } from '../pages/sign-in-url.js';
import { MountPath } from '../platform/mount-path.js';
import { CsrfTokens } from '../security/csrf-token.js';
import { isSecure } from '../security/is-secure.js';

/** Errors as pages for people. @internal */
@Injectable()
export class ErrorPages {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly tokens: CsrfTokens,
    private readonly flash: Flash,
    private readonly mountPath: MountPath,
    private readonly frame: PageRenderer,
  ) {}

  /** @param code - The stable code of the error. */
  async render(error: unknown, code: string, request: ByokRequest): Promise<string> {
    if (error instanceof KeyRequiredError) return this.#keyRequired(error, request);
    if (error instanceof KeyUnusableError) return this.#keyUnusable(error, request);
    return this.frame.render(request, this.#error(code, request));
  }

  /** With nothing of the application's. */
  plain(code: string, request: ByokRequest): string {
    return this.frame.plain(request, this.#error(code, request));
  }

  #error(code: string, request: ByokRequest): PageParts {
    return errorPage({
      ...this.frame.reader(request),
      code,
      // Over an unencrypted connection, no other page is shown either.
      manageUrl: this.options.dashboard === false || code === 'BYOK_HTTPS_REQUIRED' ? undefined : this.mountPath.url,
      signInUrl: signInUrlOf(this.options, request, this.mountPath),
    });
  }

  async #keyRequired({ providers, label, from }: KeyRequiredError, request: ByokRequest): Promise<string> {
    const form = await this.#formFor(request);
    const isShared = from !== undefined && !from.includes(USER_SOURCE);
    const page = keyRequiredPage({
      ...form,
      withForm: form.withForm && !isShared,
      isShared,
      providers,
      baseUrl: this.mountPath.url,
      label: label === 'default' ? undefined : label,
    });
    return this.frame.render(request, page);
  }

  async #keyUnusable(error: KeyUnusableError, request: ByokRequest): Promise<string> {
    const { code, provider } = error;
    const page = keyUnusablePage({
      ...(await this.#formFor(request)),
      code,
      provider,
      baseUrl: this.options.dashboard === false ? undefined : this.mountPath.url,
      shown: error.shownTo(request),
      owner: error.owner,
    });
    return this.frame.render(request, page);
  }

  /** What a form for a key needs. */
  async #formFor(request: ByokRequest) {
    const { dashboard, https, providers: providerConfigs } = this.options;
    const withForm = dashboard !== false && (https !== 'block' || isSecure(request));
    return {
      ...this.frame.reader(request),
      providerConfigs,
      withForm,
      csrfToken: withForm ? await this.tokens.issue(request) : undefined,
      returnTo: pageOf(request, this.mountPath),
      notice: withForm ? await this.flash.take(request) : undefined,
    };
  }
}
