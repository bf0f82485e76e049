import type { ComponentChildren, VNode } from 'preact';
import { type ReaderProps, translator } from '../translate.js';
import { CloseIcon, ErrorIcon, InfoIcon, SuccessIcon, WarningIcon } from './icons.js';

/** Kind of an alert. @publicApi */
export type AlertKind = 'info' | 'success' | 'warning' | 'error';

/** Properties of {@link Alert}. @publicApi */
export interface AlertProps extends ReaderProps {
  message: string;
  /** Default `'info'`. Warnings and errors are announced at once, the others when the reader pauses. */
  kind?: AlertKind;
  /** Shown in bold before the message. */
  title?: string;
  /** Whether the reader can dismiss it. Default false. */
  dismissible?: boolean;
  /** Default true. */
  showIcon?: boolean;
  /** Default: filled with the kind's colour. */
  style?: 'soft' | 'outline';
  id?: string;
}

/**
 * A message in a box.
 *
 * @example
 * ```tsx
 * renderToString(<Alert kind="success" title="Done" message="The key was saved." dismissible />)
 * ```
 *
 * @publicApi
 */
export function Alert(props: AlertProps): VNode {
  const { message, title, showIcon = true } = props;
  return (
    <AlertBox {...props} icon={showIcon ? kindOf(props.kind) : undefined}>
      {title && <strong class="byok-alert-title">{title}</strong>}
      <span>{message}</span>
    </AlertBox>
  );
}

/** Properties of {@link AlertBox}. @internal */
export interface AlertBoxProps extends ReaderProps {
  kind?: AlertKind;
  style?: 'soft' | 'outline';
  id?: string;
  dismissible?: boolean;
  /** Which icon, if any. */
  icon?: AlertKind;
  /** Milliseconds until the script removes it. */
  duration?: number;
  children: ComponentChildren;
}

/** The box of every alert. @internal */
export function AlertBox(props: AlertBoxProps): VNode {
  const { style, id, dismissible, icon, duration, children } = props;
  const kind = kindOf(props.kind);
  const look = style === 'soft' || style === 'outline' ? ` byok-alert-${style}` : '';
  return (
    <div
      id={id}
      class={`byok byok-alert byok-alert-${kind}${look}`}
      role={kind === 'warning' || kind === 'error' ? 'alert' : 'status'}
      data-byok-duration={lasting(duration)}
    >
      {icon && ICONS[kindOf(icon)]({})}
      <div class="byok-alert-text">{children}</div>
      {dismissible && <Dismiss label={translator(props)('dismiss')} />}
    </div>
  );
}

const ICONS = { info: InfoIcon, success: SuccessIcon, warning: WarningIcon, error: ErrorIcon };

function kindOf(kind: unknown): AlertKind {
  return kind === 'success' || kind === 'warning' || kind === 'error' ? kind : 'info';
}

/** Milliseconds. A browser's timer with a longer delay fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

function lasting(duration: number | undefined): number | undefined {
  if (typeof duration !== 'number' || !(duration > 0) || !Number.isFinite(duration)) return undefined;
  return Math.min(Math.round(duration), LONGEST_TIMER);
}

/** The script shows the button; without JavaScript a checkbox does the same by style alone. */
function Dismiss({ label }: { label: string }): VNode {
  return (
    <>
      <button type="button" class="byok-dismiss" data-byok-dismiss hidden aria-label={label}>
        {CloseIcon({ size: 16 })}
      </button>
      <noscript>
        <input type="checkbox" class="byok-dismiss" aria-label={label} />
      </noscript>
    </>
  );
}
