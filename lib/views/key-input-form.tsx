import type { VNode } from 'preact';
import type { ProviderConfig, ProviderField } from '../interfaces/index.js';
import { formatProviderName } from './format.js';
import { FormState } from './form-state.js';

/** Properties of {@link KeyInputForm}. @publicApi */
export interface KeyInputFormProps {
  provider: string;
  /** Where the form is sent: `<path>/keys/<provider>`. */
  action: string;
  providerConfig?: ProviderConfig;
  /** Shown instead of the configured placeholder. */
  placeholder?: string;
  /** Whether to show where a key is to be had. Default true. */
  showHelp?: boolean;
  /** Which of the provider's keys. Default `'default'`, and then not sent. */
  label?: string;
  /** The token against forged forms, where the session has one. */
  csrfToken?: string;
  /** A path on this site to go back to after saving. */
  returnTo?: string;
}

/**
 * A form for one key, with the extra fields of its provider. The key is never put into the page, and browsers are asked
 * not to remember it.
 *
 * @example
 * renderToString(<KeyInputForm provider="openai" action="/byok/keys/openai" csrfToken={token} />)
 *
 * @publicApi
 */
export function KeyInputForm(props: KeyInputFormProps): VNode {
  const { provider, action, providerConfig = {}, placeholder, showHelp = true, label, csrfToken, returnTo } = props;
  const name = formatProviderName(provider, providerConfig);
  const id = `byok-${provider}${label ? `-${label.replace(/[^A-Za-z0-9]/g, '_')}` : ''}`;
  return (
    <form method="post" action={action} autoComplete="off">
      <FormState csrfToken={csrfToken} returnTo={returnTo} label={label} />
      <p>
        <label for={id}>{name} API key</label>{' '}
        <input
          id={id}
          type="password"
          name="api_key"
          required
          minLength={8}
          maxLength={4096}
          autoComplete="off"
          autoCapitalize="none"
          spellcheck={false}
          placeholder={placeholder ?? providerConfig.placeholder}
        />
      </p>
      {Object.entries(providerConfig.fields ?? {}).map(([field, facts]) => (
        <p key={field}>
          <label for={`${id}-${field}`}>{facts.label ?? field}</label>{' '}
          <FieldInput id={`${id}-${field}`} name={`fields[${field}]`} field={facts} />
        </p>
      ))}
      {showHelp && providerConfig.docsUrl && (
        <p>
          <a href={providerConfig.docsUrl} rel="noopener noreferrer">
            Where to get a key for {name}
          </a>
        </p>
      )}
      <p>
        <button type="submit">Save the key for {name}</button>
      </p>
    </form>
  );
}

function FieldInput({ id, name, field }: { id: string; name: string; field: ProviderField }): VNode {
  const { type, required, placeholder } = field;
  const shared = { id, name, required, placeholder, autoComplete: 'off' };
  if (type === 'password') return <input type="password" {...shared} />;
  if (type === 'url') return <input type="url" {...shared} />;
  return <input type="text" {...shared} />;
}
