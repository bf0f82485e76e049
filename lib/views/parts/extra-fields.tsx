import type { VNode } from 'preact';
import type { ProviderField } from '../../interfaces/index.js';
import type { Translate } from '../translate.js';
import { partId } from './dom-id.js';
import { UNREMEMBERED, UNREMEMBERED_SECRET } from './key-input.js';

/** An additional value that a form asks for, sent as `fields[name]`. @publicApi */
export interface ExtraField extends ProviderField {
  name: string;
}

/** What is stored of the additional values. @internal */
export interface StoredFields {
  /** Names of those that are stored. */
  names: readonly string[];
  /** Values of the fields that are not secrets. */
  values: Readonly<Record<string, string>>;
}

/** Properties of {@link ExtraFields}. @internal */
export interface ExtraFieldsProps {
  /** Ids of the inputs begin with it. */
  id: string;
  fields: Readonly<Record<string, ProviderField>>;
  /** What the form changes: visible values are filled in, and secret ones stay if they are left empty. */
  stored?: StoredFields;
  t: Translate;
}

/** The inputs for additional values. @internal */
export function ExtraFields({ id, fields, stored, t }: ExtraFieldsProps): VNode {
  return (
    <>
      {Object.entries(fields).map(([name, field]) => (
        <FieldInput
          {...{ name, field, t }}
          id={partId(id, 'field', name)}
          value={valueOf(name, field, stored)}
          isKept={field.visible !== true && (stored?.names.includes(name) ?? false)}
        />
      ))}
    </>
  );
}

interface FieldInputProps {
  id: string;
  name: string;
  field: ProviderField;
  value: string | undefined;
  /** Whether the stored value stays if this is left empty. */
  isKept: boolean;
  t: Translate;
}

function FieldInput({ id, name, field, value, isKept, t }: FieldInputProps): VNode {
  const { label, type, placeholder } = field;
  const required = field.required === true && !isKept;
  const helpId = isKept ? partId(id, 'help') : undefined;
  const shared = {
    id,
    name: `fields[${name}]`,
    required,
    placeholder,
    'aria-describedby': helpId,
    ...(type === 'password' ? UNREMEMBERED_SECRET : UNREMEMBERED),
  };
  return (
    <div class="byok-field">
      <label class="byok-label" for={id}>
        {label ?? name}
        {!required && !isKept && <small> {t('optional')}</small>}
      </label>
      {type === 'textarea' ? (
        <textarea class="byok-input byok-textarea" rows={4} {...shared}>
          {/* HTML drops a line break at the very beginning. */}
          {value?.startsWith('\n') ? `\n${value}` : value}
        </textarea>
      ) : (
        <input class="byok-input" {...inputType(type)} {...shared} value={value} />
      )}
      {isKept && (
        <p id={helpId} class="byok-help">
          {t('fieldStored')}
        </p>
      )}
    </div>
  );
}

function valueOf(name: string, { visible }: ProviderField, stored: StoredFields | undefined): string | undefined {
  if (visible !== true || !stored || !Object.hasOwn(stored.values, name)) return undefined;
  return stored.values[name];
}

function inputType(type: ProviderField['type']): { type: 'password' } | { type: 'url' } | { type: 'text' } {
  if (type === 'password') return { type };
  return { type: type === 'url' ? type : 'text' };
}

/** The fields of the provider, then those of the form. @internal */
export function mergeFields(
  configured: Readonly<Record<string, ProviderField>>,
  extra: readonly ExtraField[] | Readonly<Record<string, ProviderField>> | undefined,
): Readonly<Record<string, ProviderField>> {
  if (!extra) return configured;
  const own = Array.isArray(extra)
    ? Object.fromEntries((extra as readonly ExtraField[]).map(({ name, ...field }) => [name, field]))
    : (extra as Readonly<Record<string, ProviderField>>);
  return { ...configured, ...own };
}
