import type { VNode } from 'preact';
import { formatProviderName, getProviderInfo, type ProviderFacts } from '../format/index.js';
import { type ReaderProps, type Translate, translator } from '../translate.js';
import { domId, partId } from '../parts/dom-id.js';
import { FormState, type FormStateProps } from '../parts/form-state.js';
import { KeyFields } from '../parts/key-fields.js';
import { ProviderField } from '../parts/provider-field.js';
import { ProviderFilter } from '../parts/provider-filter.js';
import { ProviderTile } from '../parts/provider-tile.js';
import type { Refusal } from '../parts/refusal.js';
import { safeUrl } from '../parts/safe-url.js';
import { SaveButton } from './key-input-form.js';

/** With more providers than these, they can be searched. */
const MOST_WITHOUT_FILTER = 8;

/** Properties of {@link MultiProviderKeyForm}. @publicApi */
export interface MultiProviderKeyFormProps extends ReaderProps, FormStateProps {
  providers: readonly string[];
  /** URL that receives the form. Default `/byok/keys`. With an unsafe URL, the form cannot be sent. */
  action?: string;
  /** Always `post`: any other method would put the key into a URL. */
  method?: 'post';
  /** Chosen at first; `null`: none, unless there is only one. Default: the first of `providers`. */
  defaultProvider?: string | null;
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
  /** What was refused. If it was a form that adds a key, its provider is chosen, and the reason stands beside the key. */
  refusal?: Refusal;
}

/**
 * A choice of providers, and the form of the chosen one: its own placeholder, help and extra values. Every provider has
 * a form of its own and the style sheet shows that of the checked radio button, so that without JavaScript too only the
 * chosen provider's inputs are checked and sent. With more than eight providers, the script offers a search.
 *
 * @example
 * ```tsx
 * renderToString(<MultiProviderKeyForm providers={['openai', 'anthropic']} defaultProvider="anthropic" />)
 * ```
 *
 * @publicApi
 */
export function MultiProviderKeyForm(props: MultiProviderKeyFormProps): VNode {
  const { providerConfig, allowOther = false, id = 'byok-add' } = props;
  const t = translator(props);
  const providers = [...new Set(props.providers)];
  const refusal = props.refusal?.form === 'add' ? props.refusal : undefined;
  const isOther = allowOther && refusal !== undefined && !providers.includes(refusal.provider);
  const chosen = isOther ? undefined : (providers.find((provider) => provider === refusal?.provider) ?? firstOf(props));
  const form = { id, t, props };
  return (
    <fieldset id={id} class="byok byok-choices">
      <legend class="byok-hidden">{t('provider')}</legend>
      {providers.length > MOST_WITHOUT_FILTER && <ProviderFilter id={partId(id, 'filter')} t={t} />}
      {providers.map((provider) => (
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
          checked={isOther || providers.length === 0}
          error={isOther ? refusal.message : undefined}
        />
      )}
    </fieldset>
  );
}

function firstOf({ providers, defaultProvider }: MultiProviderKeyFormProps): string | undefined {
  if (defaultProvider === null && providers.length > 1) return undefined;
  return providers.find((provider) => provider === defaultProvider) ?? providers[0];
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
      <label class="byok-choice-label" for={radioId}>
        {provider !== undefined && <ProviderTile name={name} />}
        <span>{name}</span>
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
