import type { VNode } from 'preact';
import type { ProviderField } from '../interfaces/index.js';
import { domId } from './dom-id.js';
import { UNREMEMBERED } from './key-input.js';
import type { Translate } from './messages/index.js';

/** A further value that a form asks for, sent as `fields[name]`. @publicApi */
export interface ExtraField extends ProviderField {
  name: string;
}

/** @internal */
export function extraFields(id: string, fields: Readonly<Record<string, ProviderField>>, t: Translate): VNode[] {
  return Object.entries(fields).map(([name, field]) => {
    const inputId = domId(id, name);
    return (
      <div key={name} class="byok-field">
        <label class="byok-label" for={inputId}>
          {field.label ?? name}
          {!field.required && <small> {t('optional')}</small>}
        </label>
        {fieldInput(field, {
          id: inputId,
          name: `fields[${name}]`,
          required: field.required === true,
          placeholder: field.placeholder,
        })}
      </div>
    );
  });
}

// The types of JSX know each kind of input by its literal type.
function fieldInput(
  { type }: ProviderField,
  own: { id: string; name: string; required: boolean; placeholder: string | undefined },
): VNode {
  const all = { class: 'byok-input', ...own, ...UNREMEMBERED };
  if (type === 'password') return <input type="password" {...all} />;
  return type === 'url' ? <input type="url" {...all} /> : <input type="text" {...all} />;
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
