import type { VNode } from 'preact';
import { formatProviderName, getProviderInfo, type ProviderFacts } from '../format/index.js';
import { type ReaderProps, type Translate, translator } from '../translate.js';
import { domId, partId } from '../parts/dom-id.js';
import { FormState, type FormStateProps } from '../parts/form-state.js';
import { KeyFields } from '../parts/key-fields.js';
import { UNREMEMBERED } from '../parts/key-input.js';
import type { Refusal } from '../parts/provider-card.js';
import { safeUrl } from '../parts/safe-url.js';
import { SaveButton } from './key-input-form.js';

/** Properties of {@link MultiProviderKeyForm}. @publicApi */
export interface MultiProviderKeyFormProps extends ReaderProps, FormStateProps {
  providers: readonly string[];
  /** URL that receives the form. Default `/byok/keys`. With an unsafe URL, the form cannot be sent. */
  action?: string;
  /** Always `post`: any other method would put the key into a URL. */
  method?: 'post';
  /** Chosen at first. Default: the first of `providers`. */
  defaultProvider?: string;
  /** The providers' facts by name. */
  providerConfig?: ProviderFacts;
  /** Whether to offer a provider that is not among them. Default false. */
  allowOther?: boolean;
  /** Whether to ask for a label. The forms then add keys, and a key that is stored is never replaced. Default false. */
  askLabel?: boolean;
  /** Default true. */
  showHelp?: boolean;
  /** Prefix of the ids, for several forms on one page. Default `'byok-add'`. */
  id?: string;
  /** The form that was refused. If it was this one, its provider is chosen and the reason is beside the key. */
  refusal?: Refusal;
}

/**
 * A choice of providers and the form of the chosen one, with its placeholder, help and additional values. Each provider has its
 * own form, and the stylesheet shows the one of the checked radio button: also without JavaScript, only the inputs of the chosen
 * provider are validated and sent.
 *
 * @example
 * ```tsx
 * renderToString(<MultiProviderKeyForm providers={['openai', 'anthropic']} defaultProvider="anthropic" />)
 * ```
 *
 * @publicApi
 */
export function MultiProviderKeyForm(props: MultiProviderKeyFormProps): VNode {
  const { providers, defaultProvider, providerConfig, allowOther = false } = props;
  const { id = 'byok-add' } = props;
  const t = translator(props);
  const refusal = props.refusal?.chosen ? props.refusal : undefined;
  const first = defaultProvider !== undefined && providers.includes(defaultProvider) ? defaultProvider : providers[0];
  const isOther = allowOther && refusal !== undefined && !providers.includes(refusal.provider);
  const chosen = isOther ? undefined : (providers.find((provider) => provider === refusal?.provider) ?? first);
  const form = { id, t, props };
  return (
    <fieldset id={id} class="byok byok-choices">
      <legend class="byok-label">{t('provider')}</legend>
      {[...new Set(providers)].map((provider) => (
        <ProviderChoice
          {...form}
          provider={provider}
          name={formatProviderName(provider, providerConfig)}
          checked={provider === chosen}
          error={provider === refusal?.provider ? refusal.message : undefined}
        />
      ))}
      {allowOther && (
        <ProviderChoice
          {...form}
          provider={undefined}
          name={t('otherProvider')}
          checked={chosen === undefined}
          error={isOther ? refusal.message : undefined}
        />
      )}
    </fieldset>
  );
}

interface ProviderChoiceProps {
  id: string;
  /** `undefined`: the user names it. */
  provider: string | undefined;
  name: string;
  checked: boolean;
  /** Why the last key was refused. */
  error: string | undefined;
  t: Translate;
  props: MultiProviderKeyFormProps;
}

function ProviderChoice({ id, provider, name, checked, error, t, props }: ProviderChoiceProps): VNode {
  const radioId = provider === undefined ? partId(id, 'other') : domId(id, 'of', provider);
  const action = safeUrl(props.action ?? '/byok/keys');
  const info = { ...getProviderInfo(provider ?? '', provider ? props.providerConfig : undefined, props), name };
  if (provider === undefined) info.placeholder = '';
  const disabled = action === undefined;
  const { askLabel, showHelp = true, csrfToken, returnTo } = props;
  return (
    <div class="byok-choice">
      <input
        id={radioId}
        type="radio"
        class="byok-choice-radio"
        name={`${id}-provider`}
        value={provider ?? ''}
        checked={checked}
      />
      <label class="byok-btn byok-btn-sm" for={radioId}>
        {name}
      </label>
      <form class="byok-form byok-panel" method="post" aria-label={name} action={action}>
        <FormState {...{ csrfToken, returnTo }} adds={askLabel} />
        {provider === undefined ? (
          <ProviderField id={partId(radioId, 'provider')} t={t} />
        ) : (
          <input type="hidden" name="provider" value={provider} />
        )}
        <KeyFields
          {...{ info, t, showHelp, askLabel, error, disabled }}
          id={partId(radioId, 'key')}
          fields={info.fields}
        />
        <SaveButton {...{ name, disabled, t }} />
      </form>
    </div>
  );
}

function ProviderField({ id, t }: { id: string; t: Translate }): VNode {
  const helpId = partId(id, 'help');
  return (
    <div class="byok-field">
      <label class="byok-label" for={id}>
        {t('providerId')}
      </label>
      <input
        id={id}
        class="byok-input"
        name="provider"
        required
        pattern="[a-z0-9][a-z0-9._\-]{0,63}"
        aria-describedby={helpId}
        {...UNREMEMBERED}
      />
      <p id={helpId} class="byok-help">
        {t('providerIdHelp')}
      </p>
    </div>
  );
}
