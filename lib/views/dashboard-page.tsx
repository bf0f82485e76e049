import type { VNode } from 'preact';
import type { ProviderConfig, StoredKey } from '../interfaces/index.js';
import { Alert } from './alert.js';
import { KeyManagerDashboard } from './key-manager-dashboard.js';
import { translator, type ReaderProps } from './messages/index.js';
import { MultiProviderKeyForm } from './multi-provider-key-form.js';
import { Page, type PageProps } from './page.js';

/** Properties of {@link DashboardPage}. @internal */
export interface DashboardPageProps extends ReaderProps, Pick<PageProps, 'stylesheet' | 'script' | 'theme'> {
  title: string;
  baseUrl: string;
  keys: readonly StoredKey[];
  providerConfigs: Readonly<Record<string, ProviderConfig>>;
  csrfToken?: string;
  /** What the last form did. */
  notice?: string;
}

/** What is stored, each with its hint alone, and forms to add, replace and delete. @internal */
export function DashboardPage(props: DashboardPageProps): VNode {
  const { title, baseUrl, keys, providerConfigs, csrfToken, notice, stylesheet, script, theme, ...reader } = props;
  const t = translator(reader);
  const providers = Object.keys(providerConfigs);
  return (
    <Page {...reader} {...{ title, stylesheet, script, theme }}>
      <div data-byok-region="byok-keys" id="byok-keys">
        {notice && <Alert {...reader} message={notice} style="soft" dismissible />}
        <KeyManagerDashboard
          {...reader}
          {...{ providers, keys, baseUrl, csrfToken }}
          providerConfig={providerConfigs}
          title={null}
          allowMore
        />
        <h2 class="byok-title">{t('addKey')}</h2>
        <MultiProviderKeyForm
          {...reader}
          {...{ providers, csrfToken }}
          action={`${baseUrl}/keys`}
          providerConfig={providerConfigs}
          allowOther
          askLabel
        />
      </div>
    </Page>
  );
}
