import { Injectable } from '@nestjs/common';
import { ByokCallers } from '../byok.callers.js';
import type { ByokRequest } from '../interfaces/index.js';

const PROPERTY = 'byokFlash';

/** A text that is shown once, on the next page of the same session. @internal */
@Injectable()
export class Flash {
  constructor(private readonly callers: ByokCallers) {}

  /** Whether there is a session to keep it in. */
  async put(request: ByokRequest, text: string): Promise<boolean> {
    const { session } = await this.callers.caller(request);
    if (session) session.data[PROPERTY] = text;
    return session !== undefined;
  }

  async take(request: ByokRequest): Promise<string | undefined> {
    const { session } = await this.callers.caller(request);
    const text = session?.data[PROPERTY];
    if (session && text !== undefined) delete session.data[PROPERTY];
    return typeof text === 'string' ? text : undefined;
  }
}
