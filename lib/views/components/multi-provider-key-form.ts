import type { VNode } from 'preact';
import { formatProviderName, getProviderInfo, type ProviderFacts } from '../format/index.js';
import { type ReaderProps, type Translate, translator } from '../messages/index.js';
import { domId, partId } from '../parts/dom-id.js';
import { ADDS, formState, type FormStateProps } from '../parts/form-state.js';
import { keyFields } from '../parts/key-fields.js';
import { UNREMEMBERED } from '../parts/key-input.js';
import { asElement, attributes, markup, type Markup } from '../parts/markup.js';
import type { Refusal } from '../parts/provider-card.js';
import { safeUrl } from '../parts/safe-url.js';

/** Properties of {@link MultiProviderKeyForm}. @publicApi */
export interface MultiProviderKeyFormProps extends ReaderProps, FormStateProps {
  providers: readonly string[];
  /** Where the form is sent. Default `/byok/keys`; an address that is not safe leaves a form that cannot be sent. */
  action?: string;
  /** Always `post`: with any other a key would end up in an address. */
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
  /** Ids begin with it, so that two can stand on one page. Default `'byok-add'`. */
  id?: string;
  /** What was refused. If it was this form, its provider is chosen, and the reason stands beside the key. */
  refusal?: Refusal;
}

/**
 * A choice of providers, and the form of the chosen one: its own placeholder, help and extra values. Every provider has
 * a form of its own and the style sheet shows that of the checked radio button, so that without JavaScript too only the
 * chosen provider's inputs are checked and sent.
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
  const choices = [...new Set(providers)].map((provider) => {
    const name = formatProviderName(provider, providerConfig);
    const error = provider === refusal?.provider ? refusal.message : undefined;
    return choice({ id, provider, name, checked: provider === chosen, error, t, props });
  });
  const other = { id, provider: undefined, name: t('otherProvider'), checked: chosen === undefined, t, props };
  return asElement(markup`
    <fieldset id="${id}" class="byok byok-choices">
      <legend class="byok-label">${t('provider')}</legend>
      ${choices}
      ${allowOther && choice({ ...other, error: isOther ? refusal.message : undefined })}
    </fieldset>`);
}

interface ProviderChoice {
  id: string;
  /** `undefined` for one that is still to be named. */
  provider: string | undefined;
  name: string;
  checked: boolean;
  /** Why the last key was refused. */
  error: string | undefined;
  t: Translate;
  props: MultiProviderKeyFormProps;
}

function choice({ id, provider, name, checked, error, t, props }: ProviderChoice): Markup {
  const radioId = provider === undefined ? partId(id, 'other') : domId(id, 'of', provider);
  const keyId = partId(radioId, 'key');
  const action = safeUrl(props.action ?? '/byok/keys');
  const info = { ...getProviderInfo(provider ?? '', provider ? props.providerConfig : undefined, props), name };
  if (provider === undefined) info.placeholder = '';
  const disabled = action === undefined;
  const { askLabel, showHelp = true } = props;
  const fields = keyFields({ id: keyId, info, t, fields: info.fields, showHelp, askLabel, error }, disabled);
  return markup`
    <div class="byok-choice">
      <input id="${radioId}" type="radio" class="byok-choice-radio" name="${id}-provider" value="${provider}"
        ${attributes({ checked })}>
      <label class="byok-btn byok-btn-sm" for="${radioId}">${name}</label>
      <form class="byok-form byok-panel" method="post" aria-label="${name}" ${attributes({ action })}>
        ${formState(props)}
        ${askLabel && ADDS}
        ${provider === undefined ? providerField(radioId, t) : providerValue(provider)}
        ${fields}
        <button type="submit" class="byok-btn byok-btn-primary" aria-label="${t('saveKeyOf', { name })}"
          ${attributes({ disabled })}>${t('saveKey')}</button>
      </form>
    </div>`;
}

function providerValue(provider: string): Markup {
  return markup`<input type="hidden" name="provider" value="${provider}">`;
}

function providerField(id: string, t: Translate): Markup {
  const inputId = partId(id, 'provider');
  const helpId = partId(inputId, 'help');
  return markup`
    <div class="byok-field">
      <label class="byok-label" for="${inputId}">${t('providerId')}</label>
      <input id="${inputId}" class="byok-input" name="provider" required pattern="[a-z0-9][a-z0-9._\\-]{0,63}"
        aria-describedby="${helpId}" ${UNREMEMBERED}>
      <p id="${helpId}" class="byok-help">${t('providerIdHelp')}</p>
    </div>`;
}
