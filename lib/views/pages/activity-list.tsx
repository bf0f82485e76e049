import type { VNode } from 'preact';
import type { AuditEntry } from '../../interfaces/index.js';
import { formatKeyAge, formatMoment, formatProviderName, type ProviderFacts } from '../format/index.js';
import type { MessageKey } from '../../messages/index.js';
import { type ReaderProps, translator } from '../translate.js';

/** What is shown of an entry of the audit log. @internal */
export type ActivityEntry = Pick<AuditEntry, 'at' | 'action' | 'provider' | 'label' | 'times'>;

const ACTIONS = {
  stored: 'actionStored',
  replaced: 'actionReplaced',
  updated: 'actionUpdated',
  deleted: 'actionDeleted',
  expired: 'actionExpired',
  used: 'actionUsed',
  denied: 'actionDenied',
  decryptFailed: 'actionDecryptFailed',
  rotated: 'actionRotated',
  expiring: 'actionExpiring',
  unused: 'actionUnused',
  accepted: 'actionAccepted',
  refused: 'actionRefused',
} as const satisfies Record<AuditEntry['action'], MessageKey>;

/** Shown at once; the others are folded away. */
const FIRST = 3;

/** What happened to a person's keys, newest first. @internal */
export function activityList(entries: readonly ActivityEntry[], facts: ProviderFacts, reader: ReaderProps): VNode {
  const t = translator(reader);
  return (
    <section class="byok byok-card" aria-labelledby="byok-activity-title">
      <h2 id="byok-activity-title" class="byok-title">
        {t('activity')}
      </h2>
      {entries.length === 0 && <p class="byok-help">{t('noActivity')}</p>}
      <Entries entries={entries.slice(0, FIRST)} />
      {entries.length > FIRST && (
        <details id="byok-activity-more">
          <summary class="byok-summary">{t('moreAlerts', { count: entries.length - FIRST })}</summary>
          <Entries entries={entries.slice(FIRST)} />
        </details>
      )}
    </section>
  );

  function Entries(props: { entries: readonly ActivityEntry[] }): VNode {
    return (
      <ul class="byok-activity">
        {props.entries.map(({ at, action, provider, label, times }) => {
          const name = formatProviderName(provider, facts);
          return (
            <li>
              <strong>{t(ACTIONS[action])}</strong> {label === 'default' ? name : t('labelled', { name, label })}
              {times > 1 && `, ${t('times', { count: times })}`}{' '}
              <time class="byok-help" dateTime={at.toISOString()} title={formatMoment(at, reader)}>
                {formatKeyAge(at, reader)}
              </time>
            </li>
          );
        })}
      </ul>
    );
  }
}
