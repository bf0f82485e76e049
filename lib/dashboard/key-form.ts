import { InvalidInputError } from '../errors/index.js';
import { optionalText } from '../http/index.js';

/** What the forms send. @internal */
export interface KeyForm {
  provider: string | undefined;
  apiKey: string | undefined;
  label: string | undefined;
  /** Whether it is to add a key, and not to replace one. */
  isNew: boolean;
  fields: Record<string, string>;
  csrfToken: string | undefined;
  returnTo: string | undefined;
}

/** Fields that a form may have, beside `fields[name]`. */
const KNOWN = new Set(['api_key', 'provider', 'label', 'mode', 'fields', '_csrf', 'return_to']);

/**
 * Reads a form, whether its parser makes objects of names with brackets or leaves them as they are.
 *
 * @throws InvalidInputError for fields that no form of ours has, or has twice
 * @internal
 */
export function readKeyForm(body: unknown): KeyForm {
  const form = { ...(typeof body === 'object' && body !== null ? body : {}) } as Record<string, unknown>;
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(form)) {
    const bracketed = /^fields\[([^\]]+)\]$/.exec(name)?.[1];
    if (bracketed !== undefined) setField(fields, bracketed, value);
    else if (!KNOWN.has(name)) throw new InvalidInputError('The form has a field that does not belong there.');
  }
  if (form.fields !== undefined) {
    if (typeof form.fields !== 'object' || form.fields === null || Array.isArray(form.fields)) {
      throw new InvalidInputError('fields must be sent as fields[name].');
    }
    for (const [name, value] of Object.entries(form.fields)) setField(fields, name, value);
  }
  const mode = optionalText('mode', form.mode);
  if (mode !== undefined && mode !== 'add') throw new InvalidInputError('mode must be add, or be left out.');
  return {
    provider: optionalText('provider', form.provider),
    apiKey: optionalText('api_key', form.api_key),
    label: optionalText('label', form.label) || undefined,
    isNew: mode === 'add',
    fields,
    csrfToken: optionalText('_csrf', form._csrf),
    returnTo: optionalText('return_to', form.return_to),
  };
}

/** An input that was left empty was not filled in. */
function setField(fields: Record<string, string>, name: string, value: unknown): void {
  const text = optionalText('A field', value);
  if (text) Object.defineProperty(fields, name, { value: text, enumerable: true, configurable: true, writable: true });
}
