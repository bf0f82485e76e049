import type { VNode } from 'preact';
import type { ProviderFacts } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { domId, partId } from '../parts/dom-id.js';
import type { FormStateProps } from '../parts/form-state.js';
import { Heading, type HeadingLevel } from '../parts/heading.js';
import { KeyList } from '../parts/key-list.js';
import { urlBelow } from '../parts/key-urls.js';
import { type Refusal, refusalOf } from '../parts/refusal.js';
import type { StoredKeyView } from '../parts/stored-key-view.js';
import { MultiProviderKeyForm } from './multi-provider-key-form.js';

/** Properties of {@link KeyManagerDashboard}. @publicApi */
export interface KeyManagerDashboardProps extends ReaderProps, FormStateProps {
  /** Providers for which a key can be added. Default none. */
  providers?: readonly string[];
  /** What is stored, as `ByokService.listKeys` gives it. Default none. */
  keys?: readonly (StoredKeyView & { provider: string })[];
  /** Where the pages are mounted. Default `/byok`. */
  baseUrl?: string;
  /** The providers' facts by name. */
  providerConfig?: ProviderFacts;
  /** Default: "API keys" in the reader's language; `null` where the page has a heading already. */
  title?: string | null;
  /** Whether to offer a provider that is not among them. Default false. */
  allowOther?: boolean;
  /** Level of the title; those of the two parts are one deeper. Default 2. */
  headingLevel?: HeadingLevel;
  /** Default `'byok-dashboard'`. */
  id?: string;
  /** A form that was refused; the reason stands in it, and it is open. */
  refusal?: Refusal;
  /** The kind of owner whose keys they are, such as `team`. Default: the reader's own. */
  owner?: string;
  /** Text below the title. Default: that the keys are the reader's own. */
  intro?: string;
}

/**
 * A row for each stored key, those that need somebody first, and one form to add a key. Its forms lead to `returnTo`,
 * without one to the module's own dashboard. Where the script is on the page, those that lead back to that page are
 * answered in place.
 *
 * @example
 * ```tsx
 * const keys = await byok.listKeys(request);
 * const notice = await forms.takeNotice(request);
 * const { csrfToken, returnTo } = await forms.state(request);
 * renderToString(
 *   <KeyManagerDashboard
 *     providers={['openai']}
 *     {...{ keys, csrfToken, returnTo }}
 *     baseUrl="/byok"
 *     refusal={notice?.refusal}
 *   />,
 * )
 * ```
 *
 * @publicApi
 */
export function KeyManagerDashboard(props: KeyManagerDashboardProps): VNode {
  const { providers = [], keys = [], baseUrl = '/byok', providerConfig, allowOther = false, refusal } = props;
  const {
    owner,
    headingLevel = 2,
    id = owner === undefined ? 'byok-dashboard' : `byok-dashboard-of-${domId(owner)}`,
  } = props;
  const { locale, timeZone, messages, now = new Date(), csrfToken, returnTo } = props;
  const reader = { locale, timeZone, messages, now };
  const state = { csrfToken, returnTo };
  const t = translator(props);
  const title = props.title === undefined ? t('dashboardTitle') : props.title;
  const partLevel = Math.min(6, title === null ? headingLevel : headingLevel + 1) as HeadingLevel;
  const keysId = partId(domId(id), 'keys');
  const addId = partId(domId(id), 'add');
  const isOfRow = keys.some(({ provider, label }) => refusalOf(refusal, provider, label) !== undefined);
  return (
    <div id={id} class="byok byok-dashboard" data-byok-region={id}>
      {title !== null && <Heading level={headingLevel}>{title}</Heading>}
      <p class="byok-help">{props.intro ?? t(keys.length > 0 ? 'dashboardIntro' : 'dashboardEmpty')}</p>
      {keys.length > 0 && (
        <section class="byok-card byok-keys">
          <div class="byok-card-head">
            <Heading level={partLevel} id={keysId}>
              {t(owner === undefined ? 'storedKeys' : 'storedSharedKeys')}
            </Heading>
            <span class="byok-help">{t('keyCount', { count: keys.length })}</span>
          </div>
          <KeyList
            {...{ keys, reader, state, t, baseUrl, owner, refusal }}
            facts={providerConfig}
            labelledBy={keysId}
          />
        </section>
      )}
      {(providers.length > 0 || allowOther) && (
        <section id={addId} class="byok-card" aria-labelledby={partId(domId(id), 'add-title')}>
          <Heading level={partLevel} id={partId(domId(id), 'add-title')}>
            {t('addKey')}
          </Heading>
          <MultiProviderKeyForm
            {...reader}
            {...state}
            {...{ providers, providerConfig, allowOther }}
            id={`${id}-add`}
            action={urlBelow(baseUrl, 'keys', owner)}
            defaultProvider={null}
            askLabel
            refusal={refusal && !isOfRow ? { ...refusal, form: 'add' } : undefined}
          />
        </section>
      )}
    </div>
  );
}
