import { inspect } from 'node:util';

const REDACTED = '[REDACTED]';

/**
 * Base class of objects that hold key material. Printing, serializing or converting one to text reveals nothing. The
 * material must be in `#private` fields, which cloning does not copy.
 *
 * @publicApi
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
