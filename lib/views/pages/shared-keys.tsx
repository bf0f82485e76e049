import type { VNode } from 'preact';
import type { ProviderConfig, StoredKey } from '../../interfaces/index.js';
import { KeyManagerDashboard } from '../components/key-manager-dashboard.js';
import { formatProviderName } from '../format/index.js';
import { partId } from '../parts/dom-id.js';
import type { FormStateProps } from '../parts/form-state.js';
import { urlBelow } from '../parts/key-urls.js';
import { ProviderTile } from '../parts/provider-tile.js';
import type { Refusal } from '../parts/refusal.js';
import { type ReaderProps, translator } from '../translate.js';

/** The keys of an owner that shares them with the reader. @internal */
export interface SharedKeys {
  kind: string;
  /** The owner's name, for people. */
  name: string;
  canManage: boolean;
  keys: readonly StoredKey[];
}

/** Properties of {@link SharedKeysSection}. @internal */
export interface SharedKeysSectionProps extends FormStateProps {
  shared: SharedKeys;
  baseUrl: string;
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  refusal: Refusal | undefined;
  reader: ReaderProps;
}

/** For those who manage the keys the same as their own; for others which providers there are keys for. @internal */
export function SharedKeysSection(props: SharedKeysSectionProps): VNode {
  const { shared, baseUrl, providerConfigs, csrfToken, refusal, reader } = props;
  const { kind, name, canManage, keys } = shared;
  const t = translator(reader);
  const title = t('sharedKeys', { owner: name });
  if (!canManage) return <SharedWithMember {...props} title={title} />;
  return (
    <div class="byok-sections">
      <KeyManagerDashboard
        {...reader}
        {...{ keys, baseUrl, csrfToken, title }}
        owner={kind}
        providers={Object.keys(providerConfigs)}
        providerConfig={providerConfigs}
        intro={t('sharedKeysManager')}
        refusal={refusal}
        allowOther
      />
      {keys.length > 0 && (
        <p>
          <a
            class="byok-btn byok-btn-sm byok-danger"
            aria-label={t('clearAllOf', { owner: name })}
            href={urlBelow(baseUrl, 'clear', kind)}
          >
            {t('clearAll')}
          </a>
        </p>
      )}
    </div>
  );
}

function SharedWithMember({ shared, providerConfigs, reader, title }: SharedKeysSectionProps & { title: string }) {
  const t = translator(reader);
  const id = partId(`byok-shared-${shared.kind}`, 'title');
  const usable = shared.keys.filter(({ status }) => status !== 'expired').map(({ provider }) => provider);
  const providers = [...new Set(usable)];
  return (
    <section class="byok byok-card" aria-labelledby={id}>
      <h2 id={id} class="byok-title">
        {title}
      </h2>
      <p class="byok-help">{providers.length === 0 ? t('noKey') : t('sharedKeysMember')}</p>
      {providers.length > 0 && (
        <ul class="byok-rows" aria-labelledby={id}>
          {providers.map((provider) => {
            const providerName = formatProviderName(provider, providerConfigs);
            return (
              <li class="byok-row">
                <ProviderTile name={providerName} />
                <p class="byok-row-name">
                  <strong>{providerName}</strong>
                </p>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
