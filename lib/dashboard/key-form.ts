import { InvalidInputError } from '../errors/index.js';
import { optionalText } from '../http/index.js';

/** What the forms send. @internal */
export interface KeyForm {
  provider: string | undefined;
  apiKey: string | undefined;
  label: string | undefined;
  /** A label to give to the key. */
  newLabel: string | undefined;
  /** Day of expiry as `2030-01-31`, empty for never; `undefined` if the form does not ask for it. */
  expiresOn: string | undefined;
  /** Whether it is to add a key, and not to replace one. */
  isNew: boolean;
  /** Empty if the input was left or made empty. */
  fields: Record<string, string>;
  csrfToken: string | undefined;
  returnTo: string | undefined;
}

/** Fields that a form may have, beside `fields[name]`. */
const KNOWN = new Set([
  'api_key',
  'provider',
  'label',
  'new_label',
  'expires_on',
  'mode',
  'fields',
  '_csrf',
  'return_to',
]);

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
    apiKey: withPlainLineEnds(optionalText('api_key', form.api_key)),
    label: optionalText('label', form.label) || undefined,
    newLabel: optionalText('new_label', form.new_label)?.trim() || undefined,
    expiresOn: optionalText('expires_on', form.expires_on),
    isNew: mode === 'add',
    fields,
    csrfToken: optionalText('_csrf', form._csrf),
    returnTo: optionalText('return_to', form.return_to),
  };
}

function setField(fields: Record<string, string>, name: string, value: unknown): void {
  const text = withPlainLineEnds(optionalText('A field', value));
  if (text === undefined) return;
  Object.defineProperty(fields, name, { value: text, enumerable: true, configurable: true, writable: true });
}

/** A form sends CRLF for every end of a line. */
function withPlainLineEnds(text: string | undefined): string | undefined {
  return text?.replaceAll('\r\n', '\n');
}
