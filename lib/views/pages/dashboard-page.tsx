import type { VNode } from 'preact';
import type { ProviderConfig, StoredKey } from '../../interfaces/index.js';
import { Alert } from '../components/alert.js';
import { KeyManagerDashboard } from '../components/key-manager-dashboard.js';
import { type ReaderProps, translator } from '../translate.js';
import { urlBelow } from '../parts/key-urls.js';
import type { Refusal } from '../parts/refusal.js';
import { type SharedKeys, SharedKeysSection } from './shared-keys.js';
import { type ActivityEntry, activityList } from './activity-list.js';
import { securityStatus, type SecurityStatus } from './security-status.js';

/** What the last form did. @publicApi */
export interface FormNotice {
  kind: 'success' | 'warning' | 'error';
  text: string;
  /** The form that was refused, for the reason to stand beside it too. */
  refusal?: Refusal;
}

/** Properties of {@link dashboardPage}. @internal */
export interface DashboardPageProps extends ReaderProps {
  /** Default: "API keys" in the reader's language. */
  title?: string;
  baseUrl: string;
  keys: readonly StoredKey[];
  /** Of owners that share their keys with the reader. Default none. */
  shared?: readonly SharedKeys[];
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  csrfToken?: string;
  notice?: FormNotice;
  security: SecurityStatus;
  /** Newest first; left out where no audit log is kept. */
  activity?: readonly ActivityEntry[];
}

/** What is stored, each with its hint alone, and forms to add, replace and delete. @internal */
export function dashboardPage(props: DashboardPageProps): { title: string; content: VNode } {
  const {
    title,
    baseUrl,
    keys,
    shared = [],
    providerConfigs,
    csrfToken,
    notice,
    security,
    activity,
    ...reader
  } = props;
  const refusalFor = (owner?: string) => (notice?.refusal?.owner === owner ? notice?.refusal : undefined);
  const t = translator(reader);
  const providers = Object.keys(providerConfigs);
  const content = (
    <div data-byok-region="byok-keys" id="byok-keys" class="byok-sections">
      {notice && (
        <Alert
          {...reader}
          message={notice.text}
          kind={notice.kind}
          style="soft"
          dismissible={notice.kind !== 'error'}
        />
      )}
      <KeyManagerDashboard
        {...reader}
        {...{ providers, keys, baseUrl, csrfToken }}
        refusal={refusalFor()}
        providerConfig={providerConfigs}
        title={null}
        allowOther
      />
      {shared.map((owner) => (
        <SharedKeysSection
          {...{ baseUrl, providerConfigs, csrfToken, reader }}
          shared={owner}
          refusal={refusalFor(owner.kind)}
        />
      ))}
      {keys.length > 0 && (
        <>
          <div class="byok-columns">
            {activity && activityList(activity, providerConfigs, reader)}
            {securityStatus(security, reader)}
          </div>
          <p>
            <a class="byok-btn byok-btn-sm byok-danger" href={urlBelow(baseUrl, 'clear')}>
              {t('clearAll')}
            </a>
          </p>
        </>
      )}
    </div>
  );
  return { title: title ?? t('dashboardTitle'), content };
}
