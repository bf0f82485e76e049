import { Injectable } from '@nestjs/common';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest } from '../../interfaces/index.js';
import type { FormNotice } from '../../views/index.js';
import { MountPath } from '../platform/mount-path.js';
import { pathOf } from './return-to.js';

const PROPERTY = 'byokFlash';

interface Held {
  user: string | null;
  /** Path of the page that the form leads to. */
  page: string;
  notice: FormNotice;
}

/**
 * The result of the last form, shown once: on the next page of the same session, to the same user.
 *
 * @internal
 */
@Injectable()
export class Flash {
  constructor(
    private readonly callers: CallerResolver,
    private readonly mountPath: MountPath,
  ) {}

  /**
   * @param to - The page that the form leads to, a path on this site.
   * @returns Whether there is a session to keep it in.
   */
  async put(request: ByokRequest, to: string, notice: FormNotice): Promise<boolean> {
    const { session, userId = null } = await this.callers.caller(request);
    if (!session) return false;
    session.data[PROPERTY] = { user: userId, page: pathOf(to), notice } satisfies Held;
    // Before the redirect: a browser may follow it before the session is saved at the end of the request.
    await session.save();
    return true;
  }

  /** A refusal is told by whichever page asks first; what was done is no news on any page but its own. */
  async take(request: ByokRequest): Promise<FormNotice | undefined> {
    const { session, userId = null } = await this.callers.caller(request);
    const held = session?.data[PROPERTY] as Held | undefined;
    if (!session || held === undefined) return undefined;
    delete session.data[PROPERTY];
    const isHere = held.page === pathOf(this.mountPath.asSent(request));
    return held.user === userId && (isHere || held.notice.kind === 'error') ? held.notice : undefined;
  }
}
