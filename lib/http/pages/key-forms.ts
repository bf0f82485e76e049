import { Injectable } from '@nestjs/common';
import type { ByokRequest } from '../../interfaces/index.js';
import type { FormNotice, FormStateProps } from '../../views/index.js';
import { MountPath } from '../platform/mount-path.js';
import { CsrfTokens } from '../security/csrf-token.js';
import { Flash } from './flash.js';
import { pageOf, sameOriginPath } from './return-to.js';

/**
 * For your own pages with `KeyInputForm` and the other forms: the values that the module's routes require, and the result of the
 * last form.
 *
 * @example
 * ```ts
 * const notice = await this.forms.takeNotice(request);
 * const refusal = notice?.refusal?.provider === 'openai' ? notice.refusal : undefined;
 * const form = KeyInputForm({
 *   provider: 'openai',
 *   ...(await this.forms.state(request)),
 *   error: refusal?.message,
 * });
 * ```
 *
 * @publicApi
 */
@Injectable()
export class KeyForms {
  /** @internal */
  constructor(
    private readonly tokens: CsrfTokens,
    private readonly flash: Flash,
    private readonly mountPath: MountPath,
  ) {}

  /**
   * The CSRF token, and the page to return to after the form, saved or refused.
   *
   * @param returnTo - A path on this site; any other URL becomes the dashboard. Default: the requested page.
   */
  async state(request: ByokRequest, { returnTo }: { returnTo?: string } = {}): Promise<FormStateProps> {
    const to = returnTo === undefined ? pageOf(request, this.mountPath) : sameOriginPath(returnTo);
    return { csrfToken: await this.tokens.issue(request), returnTo: to };
  }

  /** The result of the last form, in the reader's language: once, and only for the user who sent it. Never a key. */
  takeNotice(request: ByokRequest): Promise<FormNotice | undefined> {
    return this.flash.take(request);
  }
}
