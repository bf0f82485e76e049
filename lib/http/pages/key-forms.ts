import { Injectable } from '@nestjs/common';
import type { ByokRequest } from '../../interfaces/index.js';
import type { FormNotice, FormStateProps } from '../../views/index.js';
import { MountPath } from '../platform/mount-path.js';
import { CsrfTokens } from '../security/csrf-token.js';
import { Flash } from './flash.js';
import { pageOf, sameOriginPath } from './return-to.js';

/**
 * For an application that places `KeyInputForm` and the other forms in pages of its own: what they have to carry so that
 * the module's routes take them, and what they did.
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
   * The token against forged forms, and the page that a form leads back to, saved or refused.
   *
   * @param returnTo - A path on this site; one that leads anywhere else is the dashboard instead. Default: the page that
   * is asked for.
   */
  async state(request: ByokRequest, { returnTo }: { returnTo?: string } = {}): Promise<FormStateProps> {
    const to = returnTo === undefined ? pageOf(request, this.mountPath) : sameOriginPath(returnTo);
    return { csrfToken: await this.tokens.issue(request), returnTo: to };
  }

  /** What the last form did, in the reader's language: told once, and to nobody but who sent it. Never a key. */
  takeNotice(request: ByokRequest): Promise<FormNotice | undefined> {
    return this.flash.take(request);
  }
}
