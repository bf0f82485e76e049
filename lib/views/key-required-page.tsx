import type { VNode } from 'preact';
import type { ProviderConfig } from '../interfaces/index.js';
import { anyOf, formatProviderName } from './format/index.js';
import { KeyInputForm } from './key-input-form.js';
import { translator, type ReaderProps } from './messages/index.js';

/** Properties of {@link KeyRequiredPage}. @internal */
export interface KeyRequiredPageProps extends ReaderProps {
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
export function keyRequiredPage(props: KeyRequiredPageProps): { title: string; content: VNode } {
  const { providers, providerConfigs, baseUrl, withForm, label, csrfToken, returnTo, ...reader } = props;
  const t = translator(props);
  const names = providers.map((provider) => formatProviderName(provider, providerConfigs));
  const content = (
    <>
      <p>{t('keyRequired', { names: anyOf(props.locale ?? 'en').format(names) })}</p>
      {withForm &&
        providers.map((provider) => (
          <KeyInputForm
            key={provider}
            {...{ provider, label, csrfToken, returnTo }}
            {...reader}
            providerConfig={providerConfigs}
            action={`${baseUrl}/keys/${provider}`}
          />
        ))}
      <p>
        <a class="byok-link" href={baseUrl}>
          {t('manageKeys')}
        </a>
      </p>
    </>
  );
  return { title: t('keyRequiredTitle'), content };
}
