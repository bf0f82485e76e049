import type { VNode } from 'preact';
import { formatExpiration } from '../format/index.js';
import { type ReaderProps, translator } from '../translate.js';

/** How keys are kept here. @internal */
export interface SecurityStatus {
  /** Whether the page came by https. */
  secure: boolean;
  storage: 'session' | 'database';
  /** Lifetime of a key in milliseconds; `null`: keys do not expire. */
  defaultTtl: number | null;
}

/** @internal */
export function securityStatus({ secure, storage, defaultTtl }: SecurityStatus, reader: ReaderProps): VNode {
  const t = translator(reader);
  const { now = new Date() } = reader;
  const expiry =
    defaultTtl === null
      ? t('expiryNone')
      : t('expiryAfter', { when: formatExpiration(new Date(now.getTime() + defaultTtl), reader) });
  return (
    <section class="byok byok-card" aria-labelledby="byok-security-title">
      <h2 id="byok-security-title" class="byok-title">
        {t('security')}
      </h2>
      <dl class="byok-facts">
        <dt>{t('connection')}</dt>
        <dd>
          <span class={`byok-badge byok-badge-soft byok-badge-sm byok-badge-${secure ? 'success' : 'warning'}`}>
            {t(secure ? 'connectionSecure' : 'connectionOpen')}
          </span>
        </dd>
        <dt>{t('storage')}</dt>
        <dd>{t(storage === 'database' ? 'storageDatabase' : 'storageSession')}</dd>
        <dt>{t('expiryPolicy')}</dt>
        <dd>{expiry}</dd>
      </dl>
    </section>
  );
}
