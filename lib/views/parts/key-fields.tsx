import type { VNode } from 'preact';
import type { ProviderField } from '../../interfaces/index.js';
import { ValidationMessage } from '../components/validation-message.js';
import type { ProviderInfo } from '../format/index.js';
import type { Translate } from '../translate.js';
import { partId } from './dom-id.js';
import { ExtraFields, type StoredFields } from './extra-fields.js';
import { KeyInput, UNREMEMBERED } from './key-input.js';

/** Properties of {@link KeyFields}. @internal */
export interface KeyFieldsProps {
  /** Id of the key's input. The other ids begin with it. */
  id: string;
  info: ProviderInfo;
  t: Translate;
  placeholder?: string;
  fields: Readonly<Record<string, ProviderField>>;
  /** What is stored of the additional values. */
  stored?: StoredFields;
  showHelp: boolean;
  /** Replaces the help about keys in general. */
  help?: string;
  askLabel?: boolean;
  /** Whether the label is required. */
  needsLabel?: boolean;
  /** Why the last key was refused. */
  error?: string;
  disabled?: boolean;
}

/** The inputs for a key, its label and its provider's additional values. @internal */
export function KeyFields(props: KeyFieldsProps): VNode {
  const { id, info, t, placeholder, fields, showHelp, help = t('keyHelp'), askLabel, error, disabled } = props;
  const helpId = showHelp ? partId(id, 'help') : undefined;
  const errorId = error ? partId(id, 'error') : undefined;
  const describedBy = [errorId, helpId].filter(Boolean).join(' ') || undefined;
  return (
    <>
      <div class="byok-field">
        <label class="byok-label" for={id}>
          {t('keyOf', { name: info.name })}
        </label>
        <KeyInput {...{ id, info, t, placeholder, describedBy, disabled }} invalid={!!error} />
        {error && <ValidationMessage id={errorId} message={error} />}
        {helpId && (
          <p id={helpId} class="byok-help">
            {help}
            {info.docsUrl !== undefined && <KeySource href={info.docsUrl} name={info.name} t={t} />}
          </p>
        )}
      </div>
      <ExtraFields {...{ id, fields, t }} stored={props.stored} />
      {askLabel && <LabelField id={partId(id, 'label')} name="label" required={props.needsLabel} t={t} />}
    </>
  );
}

function KeySource({ href, name, t }: { href: string; name: string; t: Translate }): VNode {
  return (
    <>
      {' '}
      <a class="byok-link" href={href} rel="noopener noreferrer">
        {t('keySource', { name })}
      </a>
    </>
  );
}

interface LabelFieldProps {
  id: string;
  name: 'label' | 'new_label';
  required?: boolean;
  value?: string;
  t: Translate;
}

/** The input for the label of a key. @internal */
export function LabelField({ id, name, required = false, value, t }: LabelFieldProps): VNode {
  const helpId = partId(id, 'help');
  return (
    <div class="byok-field">
      <label class="byok-label" for={id}>
        {t('label')}
        {!required && <small> {t('optional')}</small>}
      </label>
      <input
        id={id}
        class="byok-input"
        name={name}
        value={value}
        aria-describedby={helpId}
        required={required}
        {...UNREMEMBERED}
      />
      <p id={helpId} class="byok-help">
        {t('labelHelp')}
      </p>
    </div>
  );
}
