import type { VNode } from 'preact';
import type { ProviderField } from '../../interfaces/index.js';
import { getProviderInfo, type ProviderFacts } from '../format/index.js';
import { type ReaderProps, type Translate, translator } from '../translate.js';
import { domId } from '../parts/dom-id.js';
import { type ExtraField, mergeFields } from '../parts/extra-fields.js';
import { FormState, type FormStateProps } from '../parts/form-state.js';
import { KeyFields, type KeyFieldsProps } from '../parts/key-fields.js';
import { keyUrl } from '../parts/key-urls.js';
import { safeUrl } from '../parts/safe-url.js';

/** Properties of {@link KeyInputForm}. @publicApi */
export interface KeyInputFormProps extends ReaderProps, FormStateProps {
  provider: string;
  /** URL that receives the form. Default `/byok/keys/<provider>`. With an unsafe URL, the form cannot be sent. */
  action?: string;
  /** Always `post`: any other method would put the key into a URL. */
  method?: 'post';
  /** Whether to explain how a key is stored and where to get one. Default true. */
  showHelp?: boolean;
  /** Shown instead of the configured placeholder. */
  placeholder?: string;
  /**
   * Values to ask for in addition to those of the provider's configuration. For your own `action`: the module's routes accept only
   * the fields that the option `providers` declares.
   */
  extraFields?: readonly ExtraField[] | Readonly<Record<string, ProviderField>>;
  /** The provider's facts, or those of several by name. */
  providerConfig?: ProviderFacts;
  /** Which of the provider's keys. Default `'default'`, and then not sent. */
  label?: string;
  /** Whether to ask for the label instead. Default false. */
  askLabel?: boolean;
  /** Why the last key was refused. */
  error?: string;
  /** Of the key's input. Default: made from provider and label. */
  id?: string;
}

/**
 * A form for one key, with the additional values of its provider. The page never contains the key, and browsers are asked not to
 * save it.
 *
 * @example
 * ```tsx
 * renderToString(<KeyInputForm provider="openai" action="/byok/keys/openai" csrfToken={token} />)
 * ```
 *
 * @publicApi
 */
export function KeyInputForm(props: KeyInputFormProps): VNode {
  const { provider, placeholder, showHelp = true, label, askLabel, error } = props;
  const info = getProviderInfo(provider, props.providerConfig, props);
  return (
    <KeyForm
      {...{ info, label, placeholder, showHelp, askLabel, error }}
      id={props.id ?? domId('byok-key', provider, label)}
      t={translator(props)}
      action={safeUrl(props.action ?? keyUrl(provider))}
      state={props}
      fields={mergeFields(info.fields, props.extraFields)}
    />
  );
}

/** Properties of {@link KeyForm}. @internal */
export interface KeyFormProps extends KeyFieldsProps {
  /** `undefined`: the form cannot be sent. */
  action: string | undefined;
  state: FormStateProps;
  label?: string;
  /** Whether it adds a key and never replaces one. */
  adds?: boolean;
}

/** The form for one key. @internal */
export function KeyForm({ action, state, label, adds, ...fields }: KeyFormProps): VNode {
  const { info, t, askLabel } = fields;
  const { csrfToken, returnTo } = state;
  const disabled = action === undefined;
  return (
    <form class="byok byok-form" method="post" action={action}>
      <FormState {...{ csrfToken, returnTo, adds }} label={askLabel ? undefined : label} />
      <KeyFields {...fields} disabled={disabled} />
      <SaveButton name={info.name} disabled={disabled} t={t} />
    </form>
  );
}

/** @internal */
export function SaveButton({ name, disabled, t }: { name: string; disabled: boolean; t: Translate }): VNode {
  return (
    <button type="submit" class="byok-btn byok-btn-primary" aria-label={t('saveKeyOf', { name })} disabled={disabled}>
      {t('saveKey')}
    </button>
  );
}
