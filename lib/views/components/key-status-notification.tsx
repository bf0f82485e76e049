import type { VNode } from 'preact';
import { formatProviderName, type ProviderFacts } from '../format/index.js';
import type { MessageKey } from '../../messages/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { domId } from '../parts/dom-id.js';
import { AlertBox, type AlertKind } from './alert.js';

/** What became of a key. @publicApi */
export type KeyChange = 'added' | 'updated' | 'deleted' | 'expired' | 'invalid';

/** Properties of {@link KeyStatusNotification}. @publicApi */
export interface KeyStatusNotificationProps extends ReaderProps {
  provider: string;
  status: KeyChange;
  /** The stored key's `hint`, shown when it was added or updated. Never the key. */
  maskedKey?: string;
  /** Whether the script puts it away after a while. Default true. */
  autoDismiss?: boolean;
  /** Milliseconds. Default 5000. */
  dismissAfter?: number;
  providerConfig?: ProviderFacts;
}

const CHANGES: Record<KeyChange, { kind: AlertKind; text: MessageKey & `key${Capitalize<KeyChange>}` }> = {
  added: { kind: 'success', text: 'keyAdded' },
  updated: { kind: 'success', text: 'keyUpdated' },
  deleted: { kind: 'info', text: 'keyDeleted' },
  expired: { kind: 'warning', text: 'keyExpired' },
  invalid: { kind: 'error', text: 'keyInvalid' },
};

/**
 * Says what became of a key.
 *
 * @example
 * ```tsx
 * renderToString(<KeyStatusNotification provider="openai" status="added" maskedKey={stored.hint} />)
 * ```
 *
 * @publicApi
 */
export function KeyStatusNotification(props: KeyStatusNotificationProps): VNode {
  const { provider, status, maskedKey, autoDismiss = true, dismissAfter = 5000, providerConfig } = props;
  const { locale, messages } = props;
  const t = translator(props);
  const known = Object.hasOwn(CHANGES, status);
  const { kind, text } = known ? CHANGES[status] : CHANGES.updated;
  const message = t(text, { name: formatProviderName(provider, providerConfig) });
  const withHint = maskedKey && (text === 'keyAdded' || text === 'keyUpdated');
  return (
    <AlertBox
      {...{ locale, messages, kind }}
      icon={kind}
      dismissible
      id={domId('byok-notification', provider, known ? status : undefined)}
      duration={autoDismiss ? dismissAfter : undefined}
    >
      <span>{withHint ? t('keyShown', { message: message.replace(/\.$/, ''), hint: maskedKey }) : message}</span>
    </AlertBox>
  );
}
