import { randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { SecurityError } from '../../errors/index.js';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest } from '../../interfaces/index.js';

const PROPERTY = 'byokForm';

interface FormToken {
  token: string;
  user: string | null;
}

/**
 * The synchroniser token of forms: 32 random bytes in the session, renewed when the user changes.
 *
 * @internal
 */
@Injectable()
export class CsrfTokens {
  constructor(private readonly callers: CallerResolver) {}

  /** The token to put into a form, `undefined` where the request has no session to keep it in. */
  async issue(request: ByokRequest): Promise<string | undefined> {
    const held = await this.#held(request);
    if (!held.session) return undefined;
    if (held.token) return held.token;
    const token = randomBytes(32).toString('base64url');
    held.session[PROPERTY] = { token, user: held.user } satisfies FormToken;
    return token;
  }

  /** @throws SecurityError `BYOK_CSRF` where a session has a token and the form not the same */
  async check(request: ByokRequest, given: unknown): Promise<void> {
    const { session, token } = await this.#held(request);
    if (!session) return;
    const [a, b] = [Buffer.from(token ?? ''), Buffer.from(typeof given === 'string' ? given : '')];
    if (token === undefined || a.length !== b.length || !timingSafeEqual(a, b)) {
      throw new SecurityError('BYOK_CSRF', 'This form is out of date. Go back, load the page again and repeat it.');
    }
  }

  async #held(
    request: ByokRequest,
  ): Promise<{ session: Record<string, unknown> | undefined; user: string | null; token: string | undefined }> {
    const caller = await this.callers.caller(request);
    const user = caller.userId ?? null;
    const session = caller.session?.data;
    const held = session?.[PROPERTY] as FormToken | undefined;
    return { session, user, token: held?.user === user ? held?.token : undefined };
  }
}
