import { createHash } from 'node:crypto';
import { EncryptionError, EncryptionService, type SealContext } from '../../lib/index.js';

export const CONTEXT: SealContext = {
  purpose: 'database',
  ownerKind: 'user',
  ownerId: 'alice',
  provider: 'openai',
  label: 'default',
  expiresAt: null,
};

export const context = (differences: Partial<SealContext> = {}): SealContext => ({ ...CONTEXT, ...differences });

/** The text of a stored key, as long as one of an ordinary provider. */
export const TEXT = JSON.stringify({ v: 1, key: 'an-example-of-an-api-key-1f9c' });

/** A secret's bytes that are the same in every run. */
export const rootBytes = (name: string) => createHash('sha256').update(`not a secret: ${name}`).digest();

export const serviceOf = (...names: string[]) => new EncryptionService(names.map(rootBytes));

/** What was thrown. Fails where nothing was. */
export function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const NONE_OTHER = new EncryptionError();
const PROPERTIES = Reflect.ownKeys(NONE_OTHER);

/** Whether it is the one error of everything that cannot be sealed or opened, with nothing else on it. */
export function isTheOneError(error: unknown): boolean {
  if (!(error instanceof EncryptionError) || Object.getPrototypeOf(error) !== EncryptionError.prototype) return false;
  const keys = Reflect.ownKeys(error);
  return (
    error.message === NONE_OTHER.message &&
    error.code === NONE_OTHER.code &&
    !('cause' in error) &&
    keys.length === PROPERTIES.length &&
    keys.every((key, i) => key === PROPERTIES[i])
  );
}

/** How many errors other than the one came, and how many times there was none. */
export class Refusals {
  accepted = 0;
  other = 0;
  refused = 0;

  try(work: () => unknown): void {
    try {
      work();
      this.accepted++;
    } catch (error) {
      if (isTheOneError(error)) this.refused++;
      else this.other++;
    }
  }

  get counts(): { accepted: number; other: number; refused: number } {
    return { accepted: this.accepted, other: this.other, refused: this.refused };
  }
}

/** Errors without their stacks, which are most of the time a refusal takes. */
export function withoutStacks<T>(work: () => T): T {
  // Node's own errors are of another realm than those of a test.
  const errors = [Error, realmOf(() => createHash('no such hash'))];
  const limits = errors.map(({ stackTraceLimit }) => stackTraceLimit);
  try {
    for (const each of errors) each.stackTraceLimit = 0;
    return work();
  } finally {
    errors.forEach((each, i) => (each.stackTraceLimit = limits[i]));
  }
}

function realmOf(failing: () => unknown): ErrorConstructor {
  return (thrownBy(failing) as Error).constructor as ErrorConstructor;
}
