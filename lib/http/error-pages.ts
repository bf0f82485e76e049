import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { KeyRequiredError } from '../errors/index.js';
import { isSecure } from '../guards/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { ErrorPage, KeyRequiredPage, renderDocument } from '../views/index.js';
import { FormTokens } from './form-token.js';
import { MountPath } from './mount-path.js';
import { pageOf } from './return-to.js';

const TITLES: Record<number, string> = {
  401: 'Sign in first',
  403: 'Refused',
  404: 'Not found',
  409: 'Too many keys',
  413: 'Too large',
  429: 'Too many changes',
  503: 'Not available at the moment',
};

/** Errors as pages for people. @internal */
@Injectable()
export class ErrorPages {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly tokens: FormTokens,
    private readonly mountPath: MountPath,
  ) {}

  async render(
    error: unknown,
    { statusCode, message }: { statusCode: number; message: string },
    request: ByokRequest,
  ): Promise<string> {
    if (error instanceof KeyRequiredError) return this.#keyRequired(error, request);
    return renderDocument(ErrorPage({ title: TITLES[statusCode] ?? 'Not done', message }));
  }

  async #keyRequired({ providers, label }: KeyRequiredError, request: ByokRequest): Promise<string> {
    const { dashboard, https } = this.options;
    const withForm = dashboard !== false && (https !== 'block' || isSecure(request));
    return renderDocument(
      KeyRequiredPage({
        providers,
        providerConfigs: this.options.providers,
        baseUrl: this.mountPath.url,
        label: label === 'default' ? undefined : label,
        withForm,
        csrfToken: withForm ? await this.tokens.issue(request) : undefined,
        returnTo: pageOf(request),
      }),
    );
  }
}
