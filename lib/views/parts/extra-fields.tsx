import type { VNode } from 'preact';
import type { ProviderField } from '../../interfaces/index.js';
import type { Translate } from '../translate.js';
import { partId } from './dom-id.js';
import { UNREMEMBERED } from './key-input.js';

/** An additional value that a form asks for, sent as `fields[name]`. @publicApi */
export interface ExtraField extends ProviderField {
  name: string;
}

/** Properties of {@link ExtraFields}. @internal */
export interface ExtraFieldsProps {
  /** Ids of the inputs begin with it. */
  id: string;
  fields: Readonly<Record<string, ProviderField>>;
  t: Translate;
}

/** The inputs for additional values. @internal */
export function ExtraFields({ id, fields, t }: ExtraFieldsProps): VNode {
  return (
    <>
      {Object.entries(fields).map(([name, { label, type, placeholder, required }]) => {
        const inputId = partId(id, 'field', name);
        return (
          <div class="byok-field">
            <label class="byok-label" for={inputId}>
              {label ?? name}
              {!required && <small> {t('optional')}</small>}
            </label>
            <input
              id={inputId}
              class="byok-input"
              {...inputType(type)}
              name={`fields[${name}]`}
              required={required === true}
              placeholder={placeholder}
              {...UNREMEMBERED}
            />
          </div>
        );
      })}
    </>
  );
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
