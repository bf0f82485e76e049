import type { VNode } from 'preact';
import type { ProviderConfig } from '../interfaces/index.js';
import { formatProviderName } from './format.js';
import { KeyInputForm } from './key-input-form.js';
import { Page } from './page.js';

/** Properties of {@link KeyRequiredPage}. @internal */
export interface KeyRequiredPageProps {
  providers: readonly string[];
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  /** Where the pages are mounted. */
  baseUrl: string;
  label?: string;
  /** Whether a key may be asked for here: not over an open connection. */
  withForm: boolean;
  csrfToken?: string;
  returnTo?: string;
}

/** The page that a guard shows to a person whose key is missing. @internal */
export function KeyRequiredPage(props: KeyRequiredPageProps): VNode {
  const { providers, providerConfigs, baseUrl, withForm, ...form } = props;
  const names = providers.map((provider) => formatProviderName(provider, providerConfigs[provider]));
  return (
    <Page title="API key required">
      <p>
        This needs your own API key for {new Intl.ListFormat('en', { type: 'disjunction' }).format(names)}. It is stored
        encrypted and used only for you.
      </p>
      {withForm &&
        providers.map((provider) => (
          <KeyInputForm
            key={provider}
            provider={provider}
            providerConfig={providerConfigs[provider]}
            action={`${baseUrl}/keys/${provider}`}
            {...form}
          />
        ))}
      <p>
        <a href={baseUrl}>Manage your keys</a>
      </p>
    </Page>
  );
}
