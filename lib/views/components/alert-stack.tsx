import { isValidElement, type VNode } from 'preact';
import { type ReaderProps, translator } from '../translate.js';
import { Alert, type AlertProps } from './alert.js';

/** Properties of {@link AlertStack}. @publicApi */
export interface AlertStackProps extends ReaderProps {
  /** Properties of alerts, or elements. */
  alerts: readonly (AlertProps | VNode)[];
  /** How many are open from the start; the others can be opened. Default 5. */
  maxVisible?: number;
  /** Space between two alerts, in quarters of a `rem`, 0 to 8. Default 2. */
  spacing?: number;
}

/**
 * Alerts one below the other. The later ones are folded.
 *
 * @example
 * ```tsx
 * renderToString(<AlertStack alerts={[{ message: 'One' }, { message: 'Two', kind: 'warning' }]} maxVisible={1} />)
 * ```
 *
 * @publicApi
 */
export function AlertStack(props: AlertStackProps): VNode {
  const { alerts, maxVisible = 5, spacing = 2, ...reader } = props;
  const shown = Math.max(0, Math.floor(maxVisible) || 0);
  const all = alerts.map((alert) => (isValidElement(alert) ? alert : <Alert {...reader} {...alert} />));
  const gap = `byok-gap-${Math.min(8, Math.max(0, Math.round(spacing) || 0))}`;
  return (
    <div class={`byok byok-stack ${gap}`}>
      {all.slice(0, shown)}
      {all.length > shown && (
        <details>
          <summary class="byok-summary">{translator(reader)('moreAlerts', { count: all.length - shown })}</summary>
          <div class={`byok-stack ${gap}`}>{all.slice(shown)}</div>
        </details>
      )}
    </div>
  );
}
