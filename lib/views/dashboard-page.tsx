import type { VNode } from 'preact';
import type { ProviderConfig, StoredKey } from '../interfaces/index.js';
import { formatProviderName } from './format.js';
import { FormState } from './form-state.js';
import { KeyInputForm } from './key-input-form.js';
import { Page } from './page.js';

/** Properties of {@link DashboardPage}. @internal */
export interface DashboardPageProps {
  title: string;
  baseUrl: string;
  keys: readonly StoredKey[];
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  csrfToken?: string;
  /** What the last form did. */
  notice?: string;
}

/** What is stored, each with its hint alone, and forms to add, replace and delete. @internal */
export function DashboardPage({ title, baseUrl, keys, providerConfigs, csrfToken, notice }: DashboardPageProps): VNode {
  const unset = Object.keys(providerConfigs).filter((provider) => !keys.some((key) => key.provider === provider));
  return (
    <Page title={title}>
      {notice && <p role="status">{notice}</p>}
      {keys.length === 0 && <p>No keys are stored yet.</p>}
      {keys.map((key) => (
        <StoredKeySection
          key={`${key.provider} ${key.label}`}
          {...{ stored: key, baseUrl, providerConfigs, csrfToken }}
        />
      ))}
      {unset.map((provider) => (
        <section key={provider}>
          <h2>{formatProviderName(provider, providerConfigs[provider])}</h2>
          <KeyInputForm
            provider={provider}
            providerConfig={providerConfigs[provider]}
            action={`${baseUrl}/keys/${provider}`}
            csrfToken={csrfToken}
          />
        </section>
      ))}
      <AnyKeyForm baseUrl={baseUrl} csrfToken={csrfToken} />
    </Page>
  );
}

function StoredKeySection(props: {
  stored: StoredKey;
  baseUrl: string;
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  csrfToken?: string;
}): VNode {
  const { stored, baseUrl, providerConfigs, csrfToken } = props;
  const { provider, label, hint, status } = stored;
  const name = formatProviderName(provider, providerConfigs[provider]);
  const ownLabel = label === 'default' ? undefined : label;
  const action = `${baseUrl}/keys/${provider}`;
  return (
    <section>
      <h2>
        {name}
        {ownLabel && ` (${ownLabel})`}
      </h2>
      <p>
        Key {hint}, {status}
      </p>
      <form method="post" action={`${action}/delete`}>
        <FormState csrfToken={csrfToken} label={ownLabel} />
        <button type="submit">Delete the key for {name}</button>
      </form>
      <details>
        <summary>Replace the key for {name}</summary>
        <KeyInputForm
          {...{ provider, action, csrfToken }}
          label={ownLabel}
          providerConfig={providerConfigs[provider]}
        />
      </details>
    </section>
  );
}

function AnyKeyForm({ baseUrl, csrfToken }: { baseUrl: string; csrfToken?: string }): VNode {
  return (
    <section>
      <h2>Another provider</h2>
      <form method="post" action={`${baseUrl}/keys`} autoComplete="off">
        <FormState csrfToken={csrfToken} />
        <p>
          <label for="byok-provider">Provider</label>{' '}
          <input id="byok-provider" name="provider" required pattern="[a-z0-9][a-z0-9._\-]{0,63}" autoComplete="off" />
        </p>
        <p>
          <label for="byok-any">API key</label>{' '}
          <input
            id="byok-any"
            type="password"
            name="api_key"
            required
            minLength={8}
            maxLength={4096}
            autoComplete="off"
          />
        </p>
        <p>
          <button type="submit">Save</button>
        </p>
      </form>
    </section>
  );
}
