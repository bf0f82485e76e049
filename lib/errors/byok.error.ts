import type { ByokErrorCode } from './byok-error-code.js';

/**
 * The base class of all errors that this library throws on purpose. `code` is stable and part of HTTP responses; `message` never
 * contains a key, an owner's id, SQL or a path.
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

  /** What servers of GraphQL send beside the message. On the prototype, so that nothing else shows it twice. @internal */
  get extensions(): Record<string, unknown> {
    return { code: this.code };
  }
}
