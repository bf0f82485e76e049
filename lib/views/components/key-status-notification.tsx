import type { VNode } from 'preact';
import { formatProviderName, type ProviderFacts } from '../format/index.js';
import type { MessageKey } from '../../messages/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { domId } from '../parts/dom-id.js';
import { AlertBox, type AlertKind } from './alert.js';

/** What happened to a key. @publicApi */
export type KeyChange = 'added' | 'updated' | 'deleted' | 'expired' | 'invalid';

/** Properties of {@link KeyStatusNotification}. @publicApi */
export interface KeyStatusNotificationProps extends ReaderProps {
  provider: string;
  status: KeyChange;
  /** The stored key's `hint`, shown when it was added or updated. Never the key. */
  hint?: string;
  /** Whether the script removes it after `dismissAfter`. Default true. */
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
 * Reports what happened to a key.
 *
 * @example
 * ```tsx
 * renderToString(<KeyStatusNotification provider="openai" status="added" hint={stored.hint} />)
 * ```
 *
 * @publicApi
 */
export function KeyStatusNotification(props: KeyStatusNotificationProps): VNode {
  const { provider, status, hint, autoDismiss = true, dismissAfter = 5000, providerConfig } = props;
  const { locale, messages } = props;
  const t = translator(props);
  const known = Object.hasOwn(CHANGES, status);
  const { kind, text } = known ? CHANGES[status] : CHANGES.updated;
  const message = t(text, { name: formatProviderName(provider, providerConfig) });
  const withHint = hint && (text === 'keyAdded' || text === 'keyUpdated');
  return (
    <AlertBox
      {...{ locale, messages, kind }}
      icon={kind}
      dismissible
      id={domId('byok-notification', provider, known ? status : undefined)}
      duration={autoDismiss ? dismissAfter : undefined}
    >
      <span>{withHint ? t('keyShown', { message: message.replace(/\.$/, ''), hint }) : message}</span>
    </AlertBox>
  );
}
