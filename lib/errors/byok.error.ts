import type { ByokErrorCode } from './byok-error-code.js';

/**
 * The base class of everything this library throws on purpose. `code` is stable and is what the HTTP edge reports;
 * `message` never carries a key, an owner's id, SQL or a path.
 *
 * @publicApi
 */
export class ByokError extends Error {
  constructor(
    /** Stable, machine-readable reason. */
    readonly code: ByokErrorCode,
    message: string,
  ) {
    super(message);
    this.name = new.target.name;
  }
}
