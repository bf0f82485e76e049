import type { VNode } from 'preact';
import { getProviderInfo, type ProviderFacts } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { domId } from '../parts/dom-id.js';
import { FormState, type FormStateProps } from '../parts/form-state.js';
import { KeyInput } from '../parts/key-input.js';
import { keyUrl } from '../parts/key-urls.js';
import { safeUrl } from '../parts/safe-url.js';

/** Properties of {@link InlineKeyInput}. @publicApi */
export interface InlineKeyInputProps extends ReaderProps, FormStateProps {
  provider: string;
  /** Id of the input. Default: made from the provider. */
  id?: string;
  /** URL that receives the form. Default `/byok/keys/<provider>`. With an unsafe URL, the form cannot be sent. */
  action?: string;
  /** Whether it is smaller. Default true. */
  compact?: boolean;
  placeholder?: string;
  providerConfig?: ProviderFacts;
  label?: string;
}

/**
 * An input for a key and its button on one line.
 *
 * @example
 * ```tsx
 * renderToString(<InlineKeyInput provider="openai" action="/byok/keys/openai" csrfToken={token} returnTo="/chat" />)
 * ```
 *
 * @publicApi
 */
export function InlineKeyInput(props: InlineKeyInputProps): VNode {
  const { provider, compact = true, placeholder, providerConfig } = props;
  const t = translator(props);
  const info = getProviderInfo(provider, providerConfig, props);
  const id = props.id ?? domId('byok-inline', provider, props.label);
  const action = safeUrl(props.action ?? keyUrl(provider));
  const disabled = action === undefined;
  const name = t('keyOf', { name: info.name });
  return (
    <form class="byok byok-inline" method="post" action={action}>
      <FormState csrfToken={props.csrfToken} returnTo={props.returnTo} label={props.label} />
      <label class="byok-hidden" for={id}>
        {name}
      </label>
      <KeyInput {...{ id, info, t, placeholder, disabled }} small={compact} />
      <button
        type="submit"
        class={`byok-btn byok-btn-primary${compact ? ' byok-btn-sm' : ''}`}
        aria-label={`${t('save')}: ${name}`}
        disabled={disabled}
      >
        {t('save')}
      </button>
    </form>
  );
}
