import { Injectable } from '@nestjs/common';
import { ByokCallers } from '../byok.callers.js';
import type { ByokRequest } from '../interfaces/index.js';
import type { Notice } from '../views/index.js';

const PROPERTY = 'byokFlash';

interface Held {
  user: string | null;
  notice: Notice;
}

/**
 * What the last form did, shown once: on the next page of the same session, to the same user.
 *
 * @internal
 */
@Injectable()
export class Flash {
  constructor(private readonly callers: ByokCallers) {}

  /** Whether there is a session to keep it in. */
  async put(request: ByokRequest, notice: Notice): Promise<boolean> {
    const { session, userId = null } = await this.callers.caller(request);
    if (!session) return false;
    session.data[PROPERTY] = { user: userId, notice } satisfies Held;
    // Before the redirect, which a browser may follow sooner than the session is saved at the end of the request.
    await session.save();
    return true;
  }

  async take(request: ByokRequest): Promise<Notice | undefined> {
    const { session, userId = null } = await this.callers.caller(request);
    const held = session?.data[PROPERTY] as Held | undefined;
    if (session && held !== undefined) delete session.data[PROPERTY];
    return held?.user === userId ? held.notice : undefined;
  }
}
