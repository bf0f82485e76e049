import { InvalidInputError } from '../errors/index.js';
import type { ProviderConfig, ProviderField } from '../interfaces/index.js';
import { checkBaseUrl } from '../ssrf/index.js';
import { isFieldName, isLines, isText, matches, MAX_LINES_BYTES } from '../validation/index.js';

const MAX_FIELDS = 20;
const MAX_LENGTH = 8_192;

type Fields = Record<string, string>;

/**
 * The values of a new key's fields, as they are stored.
 *
 * @throws InvalidInputError
 * @internal
 */
export function checkFields(given: unknown, config: ProviderConfig | undefined): Fields {
  if (Object.values(given ?? {}).includes(null)) throw notFields();
  return requireComplete(changedFields({}, given ?? {}, config), config);
}

/**
 * The values of a key's fields after a change: what is not given stays, `null` removes.
 *
 * @throws InvalidInputError
 * @internal
 */
export function checkFieldChanges(
  stored: Readonly<Fields>,
  given: unknown,
  config: ProviderConfig | undefined,
): Fields {
  return given === undefined ? { ...stored } : requireComplete(changedFields(stored, given, config), config);
}

function changedFields(stored: Readonly<Fields>, given: unknown, config: ProviderConfig | undefined): Fields {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw notFields();
  const declared = config?.fields ?? {};
  const fields = { ...stored };
  for (const [name, value] of Object.entries(given)) {
    if (!isFieldName(name)) {
      throw new InvalidInputError(
        "A field's name is a letter, then up to 63 letters, digits, underscores or hyphens.",
        'fields',
      );
    }
    if (value === null) {
      delete fields[name];
      continue;
    }
    if (Object.keys(declared).length > 0 && !Object.hasOwn(declared, name)) {
      throw new InvalidInputError(
        `This provider has no field of that name; it has ${Object.keys(declared).join(', ')}.`,
        'fields',
      );
    }
    fields[name] = checkField(name, value, declared[name]);
  }
  if (Object.keys(fields).length > MAX_FIELDS) {
    throw new InvalidInputError(`At most ${MAX_FIELDS} fields can be stored with a key.`, 'fields');
  }
  return fields;
}

function notFields(): InvalidInputError {
  return new InvalidInputError('fields must be an object of strings.', 'fields');
}

function requireComplete(fields: Fields, config: ProviderConfig | undefined): Fields {
  for (const [name, { required }] of Object.entries(config?.fields ?? {})) {
    if (required && !fields[name]?.trim()) throw new InvalidInputError(`The field ${name} is needed.`, 'fieldNeeded');
  }
  return fields;
}

/** The value as it is stored. */
function checkField(name: string, value: unknown, field: ProviderField | undefined): string {
  if (typeof value !== 'string') throw new InvalidInputError(`The field ${name} must be a string.`, 'fields');
  if (field?.type === 'textarea') return checkTextarea(name, value);
  const text = field?.type === 'url' && value.length <= MAX_LENGTH ? checkUrl(name, value, field) : value;
  if (text.length > MAX_LENGTH) {
    throw new InvalidInputError(`The field ${name} has at most ${MAX_LENGTH} characters.`, 'fieldTooLong');
  }
  if (!isText(text, MAX_LENGTH)) {
    throw new InvalidInputError(
      `The field ${name} must be one line, without line breaks or control characters.`,
      'fieldLines',
    );
  }
  // An empty value is a field that was left out of a form.
  if (text !== '' && field?.pattern && !matches(field.pattern, text)) {
    throw new InvalidInputError(`The field ${name} does not look right. Copy its value again.`, 'fields');
  }
  return text;
}

function checkTextarea(name: string, value: string): string {
  if (Buffer.byteLength(value) > MAX_LINES_BYTES) {
    throw new InvalidInputError(`The field ${name} has at most ${MAX_LINES_BYTES} bytes.`, 'fieldTooLong');
  }
  if (!isLines(value)) {
    throw new InvalidInputError(`The field ${name} must not contain control characters.`, 'fields');
  }
  return value;
}

function checkUrl(name: string, value: string, rules: ProviderField): string {
  try {
    return checkBaseUrl(value, rules);
  } catch (error) {
    throw new InvalidInputError(`The field ${name} must be an https address. ${(error as Error).message}`, 'url');
  }
}
