import { inspect } from 'node:util';

const REDACTED = '[REDACTED]';

/**
 * Base of everything here that holds key material. Printed, serialised or put into a text it shows nothing; what it
 * holds stays in `#private` fields, which a clone leaves behind.
 *
 * @internal
 */
export abstract class Redacted {
  /** `[REDACTED]`. */
  toString(): string {
    return REDACTED;
  }

  /** `[REDACTED]`. */
  toJSON(): string {
    return REDACTED;
  }

  /** The name of the class and `[REDACTED]`, for `util.inspect` and `console.log`. */
  [inspect.custom](): string {
    return `${this.constructor.name} ${REDACTED}`;
  }
}
