import type { ProviderField } from '../../interfaces/index.js';
import { ValidationMessage } from '../components/validation-message.js';
import type { ProviderInfo } from '../format/index.js';
import type { Translate } from '../messages/index.js';
import { partId } from './dom-id.js';
import { extraFields } from './extra-fields.js';
import { keyInput, UNREMEMBERED } from './key-input.js';
import { attributes, markup, type Markup } from './markup.js';

/** What a form asks for. @internal */
export interface KeyFields {
  /** Of the key's input; the others begin with it. */
  id: string;
  info: ProviderInfo;
  t: Translate;
  placeholder?: string;
  fields: Readonly<Record<string, ProviderField>>;
  showHelp: boolean;
  /** Shown above what the form says about keys in general. */
  help?: string;
  askLabel?: boolean;
  /** Whether a key has to have a label. */
  needsLabel?: boolean;
  /** Why the last key was refused. */
  error?: string;
}

/** The inputs for a key, its label and its provider's extra values. @internal */
export function keyFields(asked: KeyFields, disabled = false): Markup {
  const { id, info, t, showHelp, help, askLabel, needsLabel, error, placeholder, fields } = asked;
  const helpId = showHelp ? partId(id, 'help') : undefined;
  const errorId = error ? partId(id, 'error') : undefined;
  const describedBy = errorId && helpId ? `${errorId} ${helpId}` : (errorId ?? helpId);
  return markup`
    <div class="byok-field">
      <label class="byok-label" for="${id}">${t('keyOf', { name: info.name })}</label>
      ${keyInput({ id, info, t, placeholder, describedBy, invalid: !!error, disabled })}
      ${error && ValidationMessage({ id: errorId, message: error })}
      ${helpId && keyHelp(helpId, help ?? t('keyHelp'), info, t)}
    </div>
    ${extraFields(id, fields, t)}
    ${askLabel && labelField(id, t, needsLabel)}`;
}

function keyHelp(id: string, text: string, { name, docsUrl }: ProviderInfo, t: Translate): Markup {
  if (docsUrl === undefined) return markup`<p id="${id}" class="byok-help">${text}</p>`;
  return markup`
    <p id="${id}" class="byok-help">
      ${text} <a class="byok-link" href="${docsUrl}" rel="noopener noreferrer">${t('keySource', { name })}</a>
    </p>`;
}

function labelField(id: string, t: Translate, required = false): Markup {
  const labelId = partId(id, 'label');
  const helpId = partId(labelId, 'help');
  return markup`
    <div class="byok-field">
      <label class="byok-label" for="${labelId}">${t('label')}${!required && markup`<small> ${t('optional')}</small>`}</label>
      <input id="${labelId}" class="byok-input" name="label" maxlength="64" aria-describedby="${helpId}" ${attributes({ required })} ${UNREMEMBERED}>
      <p id="${helpId}" class="byok-help">${t('labelHelp')}</p>
    </div>`;
}
