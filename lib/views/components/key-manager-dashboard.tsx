import type { VNode } from 'preact';
import type { ProviderFacts } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';
import type { FormStateProps } from '../parts/form-state.js';
import { Heading, type HeadingLevel } from '../parts/heading.js';
import { ProviderCard, type Refusal } from '../parts/provider-card.js';
import type { StoredKeyView } from '../parts/stored-key-view.js';

/** Properties of {@link KeyManagerDashboard}. @publicApi */
export interface KeyManagerDashboardProps extends ReaderProps, FormStateProps {
  /** Providers that have a card, whether or not they have a key; those of `keys` come after them. Default none. */
  providers?: readonly string[];
  /** What is stored, as `ByokService.listKeys` gives it. Default none. */
  keys?: readonly (StoredKeyView & { provider: string })[];
  /** Where the pages are mounted. Default `/byok`. */
  baseUrl?: string;
  /** The providers' facts by name. */
  providerConfig?: ProviderFacts;
  /** Default: "API keys" in the reader's language; `null` where the page has a heading already. */
  title?: string | null;
  /** Whether a card that has a key offers to add another with a label. Default false. */
  allowMore?: boolean;
  /** Level of the title; the cards' is one deeper. Default 2. */
  headingLevel?: HeadingLevel;
  /** Default `'byok-dashboard'`. */
  id?: string;
  /** A form that was refused; the reason stands beside it, and the form is open. */
  refusal?: Refusal;
}

/**
 * A card for each provider. Its forms lead to `returnTo`, without one to the module's own dashboard. Where the script is on
 * the page, those that lead back to that page are answered in place.
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
  const {
    providers = [],
    keys = [],
    baseUrl,
    providerConfig,
    allowMore,
    headingLevel = 2,
    id = 'byok-dashboard',
  } = props;
  const { locale, timeZone, messages, now = new Date(), csrfToken, returnTo } = props;
  const t = translator(props);
  const title = props.title === undefined ? t('dashboardTitle') : props.title;
  const byProvider = new Map<string, StoredKeyView[]>(providers.map((provider) => [provider, []]));
  for (const stored of keys) {
    const known = byProvider.get(stored.provider);
    if (known) known.push(stored);
    else byProvider.set(stored.provider, [stored]);
  }
  const settings = {
    reader: { locale, timeZone, messages, now },
    state: { csrfToken, returnTo },
    t,
    facts: providerConfig,
    baseUrl,
    allowMore,
    refusal: props.refusal,
    headingLevel: Math.min(6, title === null ? headingLevel : headingLevel + 1) as HeadingLevel,
  };
  return (
    <div id={id} class="byok byok-dashboard" data-byok-region={id}>
      {title !== null && <Heading level={headingLevel}>{title}</Heading>}
      <p class="byok-help">
        {t('dashboardIntro')} {t('keyCount', { count: keys.length })}.
      </p>
      <div class="byok-cards">
        {Array.from(byProvider, ([provider, stored]) => (
          <ProviderCard {...settings} provider={provider} keys={stored} />
        ))}
      </div>
    </div>
  );
}
