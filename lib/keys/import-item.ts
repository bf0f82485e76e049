import { type ByokError, InvalidInputError, InvalidKeyError, UserRequiredError } from '../errors/index.js';
import type { KeyToImport, ResolvedByokOptions } from '../interfaces/index.js';

const NAMES = ['userId', 'provider', 'label', 'apiKey', 'fields', 'createdAt', 'expiresAt'] as const;

/** An item that its source could not read: it is refused with that reason. @internal */
export class UnreadableItem {
  constructor(readonly reason: string) {}
}

/** The values of an item as it is now: what was checked must be what is stored. @throws InvalidInputError @internal */
export function readItem(item: unknown): Record<(typeof NAMES)[number], unknown> {
  if (item instanceof UnreadableItem) throw new InvalidInputError(item.reason);
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw new InvalidInputError('An item must be an object { userId, provider, apiKey }.');
  }
  try {
    const given = item as Partial<KeyToImport>;
    const values = Object.fromEntries(NAMES.map((name) => [name, given[name]]));
    if (typeof values.fields === 'object' && values.fields !== null && !Array.isArray(values.fields)) {
      values.fields = { ...values.fields };
    }
    if (values.userId === undefined || values.userId === null) throw new InvalidInputError('userId is missing.');
    return { ...values, label: values.label ?? undefined, fields: values.fields ?? undefined } as ReturnType<
      typeof readItem
    >;
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    // Of a getter, which may quote the key.
    throw new InvalidInputError('The item could not be read.');
  }
}

/** When a key was created, `null` for now. @throws InvalidInputError @internal */
export function checkCreatedAt(given: unknown, now = Date.now()): Date | null {
  if (given === undefined || given === null) return null;
  if (!(given instanceof Date) || Number.isNaN(given.getTime())) {
    throw new InvalidInputError('createdAt must be a date.');
  }
  const at = given.getTime();
  if (at > now || at < 0) throw new InvalidInputError('createdAt must be in the past, and after 1970.');
  return new Date(at);
}

/** Whether an error is about the item alone. @internal */
export function isRefusal(error: unknown): error is ByokError {
  return error instanceof InvalidInputError || error instanceof InvalidKeyError || error instanceof UserRequiredError;
}

/**
 * Why an item is refused. A text that has a value of the item in it, or a name of a field that may be one, is not repeated.
 *
 * @internal
 */
export function reasonOf({ message }: ByokError, item: unknown, providers: ResolvedByokOptions['providers']): string {
  return secretsOf(item, providers).some((secret) => message.includes(secret)) ? 'The item is not valid.' : message;
}

function secretsOf(item: unknown, providers: ResolvedByokOptions['providers']): string[] {
  try {
    const { provider, apiKey, fields } = readItem(item);
    const declared = Object.keys(providers[provider as string]?.fields ?? {});
    const names = Object.keys(fields ?? {}).filter((name) => !declared.includes(name));
    const values: unknown[] = [apiKey, ...(Object.values(fields ?? {}) as unknown[]), ...names];
    return values.filter((value): value is string => typeof value === 'string' && value.length >= 8);
  } catch {
    return [];
  }
}
