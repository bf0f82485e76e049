import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from './byok.constants.js';
import type { ByokEvent, KeyHolder, ResolvedByokOptions } from './interfaces/index.js';

/** Tells the application's listener what happened. @internal */
@Injectable()
export class ByokEvents {
  constructor(@Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions) {}

  emit(event: Omit<ByokEvent, 'at' | 'requestId'>, holder?: KeyHolder): void {
    const { onEvent } = this.options;
    if (!onEvent) return;
    const id = (holder as { id?: unknown } | undefined)?.id;
    const requestId = typeof id === 'string' || typeof id === 'number' ? String(id) : undefined;
    try {
      const answer: unknown = onEvent({ ...event, at: new Date(), ...(requestId !== undefined && { requestId }) });
      if (answer !== undefined) Promise.resolve(answer).catch(() => {});
    } catch {
      // A listener's failure is its own.
    }
  }
}
