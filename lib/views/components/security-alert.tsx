import type { VNode } from 'preact';
import type { MessageKey } from '../../messages/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { safeUrl } from '../parts/safe-url.js';
import { AlertBox, type AlertKind } from './alert.js';

/** Severity of a {@link SecurityAlert}. @publicApi */
export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** Properties of {@link SecurityAlert}. @publicApi */
export interface SecurityAlertProps extends ReaderProps {
  message: string;
  /** Default `'medium'`. */
  severity?: Severity;
  /** URL of the fix. With an unsafe URL, the text of the action has no link. */
  actionUrl?: string;
  /** Default: "Fix now" in the reader's language. */
  actionText?: string;
}

const SEVERITIES: Record<Severity, { kind: AlertKind; text: MessageKey & `severity${string}` }> = {
  low: { kind: 'info', text: 'severityLow' },
  medium: { kind: 'warning', text: 'severityMedium' },
  high: { kind: 'error', text: 'severityHigh' },
  critical: { kind: 'error', text: 'severityCritical' },
};

/**
 * A warning about security, with its severity and a link to the fix.
 *
 * @example
 * ```tsx
 * renderToString(<SecurityAlert severity="high" message="This page is not encrypted." actionUrl="/help/https" />)
 * ```
 *
 * @publicApi
 */
export function SecurityAlert(props: SecurityAlertProps): VNode {
  const { message, severity = 'medium', actionUrl, actionText } = props;
  const t = translator(props);
  const { kind, text } = Object.hasOwn(SEVERITIES, severity) ? SEVERITIES[severity] : SEVERITIES.medium;
  const href = safeUrl(actionUrl);
  const action = actionText || t('fixNow');
  return (
    <AlertBox kind={kind} icon={severity === 'critical' ? 'error' : 'warning'}>
      <strong class="byok-alert-title">
        {t('securityAlert')} <span class="byok-badge byok-badge-sm">{t(text)}</span>
      </strong>
      <span>{message}</span>
      {href !== undefined && (
        <a class="byok-btn byok-btn-sm byok-alert-action" href={href}>
          {action}
        </a>
      )}
      {href === undefined && actionUrl && <span>{action}</span>}
    </AlertBox>
  );
}
