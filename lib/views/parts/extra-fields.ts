import type { ProviderField } from '../../interfaces/index.js';
import type { Translate } from '../messages/index.js';
import { partId } from './dom-id.js';
import { UNREMEMBERED } from './key-input.js';
import { attributes, markup, type Markup } from './markup.js';

/** A further value that a form asks for, sent as `fields[name]`. @publicApi */
export interface ExtraField extends ProviderField {
  name: string;
}

/** @internal */
export function extraFields(id: string, fields: Readonly<Record<string, ProviderField>>, t: Translate): Markup[] {
  return Object.entries(fields).map(([name, { label, type, placeholder, required }]) => {
    const inputId = partId(id, 'field', name);
    const kind = type === 'password' || type === 'url' ? type : 'text';
    return markup`
      <div class="byok-field">
        <label class="byok-label" for="${inputId}">
          ${label ?? name}${!required && markup`<small> ${t('optional')}</small>`}
        </label>
        <input id="${inputId}" class="byok-input" type="${kind}" name="fields[${name}]"
          ${attributes({ required: required === true, placeholder })} ${UNREMEMBERED}>
      </div>`;
  });
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
