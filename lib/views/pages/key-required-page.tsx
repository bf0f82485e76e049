import type { VNode } from 'preact';
import type { ProviderConfig } from '../../interfaces/index.js';
import { Alert } from '../components/alert.js';
import { KeyInputForm } from '../components/key-input-form.js';
import { anyOf, formatProviderName } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { keyUrl } from '../parts/key-urls.js';
import type { FormNotice } from './dashboard-page.js';

/** Properties of {@link KeyRequiredPage}. @internal */
export interface KeyRequiredPageProps extends ReaderProps {
  providers: readonly string[];
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  /** Where the pages are mounted. */
  baseUrl: string;
  label?: string;
  /** Whether the reader's own key will not do. */
  isShared?: boolean;
  /** Whether a key may be asked for here: not over an unencrypted connection. */
  withForm: boolean;
  csrfToken?: string;
  returnTo?: string;
  /** That the form was refused. */
  notice?: FormNotice;
}

/** The page that a guard shows to a person whose key is missing. @internal */
export function keyRequiredPage(props: KeyRequiredPageProps): { title: string; content: VNode } {
  const { providers, providerConfigs, baseUrl, withForm, label, csrfToken, returnTo, notice, isShared, ...reader } =
    props;
  const t = translator(props);
  const names = providers.map((provider) => formatProviderName(provider, providerConfigs));
  const refused = notice?.kind === 'error' ? notice : undefined;
  const isBeside = providers.some((provider) => provider === refused?.refusal?.provider);
  const content = (
    <>
      {refused && !isBeside && <Alert {...reader} kind="error" style="soft" message={refused.text} />}
      <p>{t(isShared ? 'sharedKeyRequired' : 'keyRequired', { names: anyOf(props.locale ?? 'en').format(names) })}</p>
      {withForm &&
        providers.map((provider) => (
          <KeyInputForm
            key={provider}
            {...{ provider, label, csrfToken, returnTo }}
            {...reader}
            error={provider === refused?.refusal?.provider ? refused.refusal.message : undefined}
            providerConfig={providerConfigs}
            action={keyUrl(provider, baseUrl)}
          />
        ))}
      {!withForm && (
        <p>
          <a class="byok-link" href={baseUrl}>
            {t('manageKeys')}
          </a>
        </p>
      )}
    </>
  );
  return { title: t('keyRequiredTitle'), content };
}
