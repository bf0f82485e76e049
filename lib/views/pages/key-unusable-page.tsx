import type { VNode } from 'preact';
import type { KeyUnusableCode } from '../../errors/index.js';
import type { ProviderConfig } from '../../interfaces/index.js';
import type { MessageKey } from '../../messages/index.js';
import { Alert } from '../components/alert.js';
import { KeyForm } from '../components/key-input-form.js';
import { getProviderInfo } from '../format/index.js';
import { domId } from '../parts/dom-id.js';
import type { StoredFields } from '../parts/extra-fields.js';
import { keyUrl } from '../parts/key-urls.js';
import { type ReaderProps, translator } from '../translate.js';
import type { FormNotice } from './dashboard-page.js';

const TEXTS = {
  BYOK_KEY_REFUSED: ['keyRefusedHeading', 'keyRefusedAdvice', 'keysAt'],
  BYOK_KEY_NO_CREDIT: ['keyNoCreditHeading', 'keyNoCreditAdvice', 'accountAt'],
  BYOK_KEY_RESTRICTED: ['keyRestrictedHeading', 'keyRestrictedAdvice', 'keysAt'],
} as const satisfies Record<KeyUnusableCode, readonly MessageKey[]>;

/** Properties of {@link keyUnusablePage}. @internal */
export interface KeyUnusablePageProps extends ReaderProps {
  code: KeyUnusableCode;
  provider: string;
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  /** Where the pages are mounted; `undefined`: there are none. */
  baseUrl: string | undefined;
  /** The key as far as it may be shown, if it is the reader's own. */
  shown: { label: string; hint: string; fields: StoredFields } | undefined;
  /** Whose key it is, if it is not the reader's own. */
  owner?: string;
  /** Whether a key may be asked for here: not over an unencrypted connection. */
  withForm: boolean;
  csrfToken?: string;
  returnTo?: string;
  /** That the form was refused. */
  notice?: FormNotice;
}

/** The page for a person whose key the provider did not accept when it was used. @internal */
export function keyUnusablePage(props: KeyUnusablePageProps): { title: string; content: VNode } {
  const { code, provider, providerConfigs, baseUrl, shown, owner, withForm, csrfToken, returnTo, notice, ...reader } =
    props;
  const t = translator(props);
  const info = getProviderInfo(provider, providerConfigs, reader);
  const { name, docsUrl } = info;
  const [title, text, link] = TEXTS[code];
  const refused = notice?.kind === 'error' ? notice : undefined;
  const isBeside = refused?.refusal?.provider === provider;
  const content = (
    <>
      {refused && !isBeside && <Alert {...reader} kind="error" style="soft" message={refused.text} />}
      <p>
        {owner === undefined ? t(text, { name }) : t(owner === 'platform' ? 'platformKeyAdvice' : 'sharedKeyAdvice')}
      </p>
      {shown && <p>{t('keyInQuestion', { label: shown.label, hint: shown.hint })}</p>}
      {docsUrl !== undefined && owner === undefined && (
        <p>
          <a class="byok-link" href={docsUrl} rel="noopener noreferrer">
            {t(link, { name })}
          </a>
        </p>
      )}
      {shown && withForm && (
        <KeyForm
          {...{ info, t }}
          id={domId('byok-key', provider, shown.label)}
          action={keyUrl(provider, baseUrl)}
          label={shown.label}
          state={{ csrfToken, returnTo }}
          fields={info.fields}
          stored={shown.fields}
          showHelp
          help={t('replaceHelp')}
          error={isBeside ? refused.refusal?.message : undefined}
        />
      )}
      {!(shown && withForm) && baseUrl !== undefined && (
        <p>
          <a class="byok-link" href={baseUrl}>
            {t('manageKeys')}
          </a>
        </p>
      )}
    </>
  );
  return { title: t(title, { name }), content };
}
