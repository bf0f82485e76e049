import type { ComponentChildren, VNode } from 'preact';
import { type ReaderProps, translator } from '../translate.js';
import { AlertBox, type AlertKind } from './alert.js';

/** Properties of {@link ToastContainer}. @publicApi */
export interface ToastContainerProps extends ReaderProps {
  /** Default `'top'`. */
  position?: 'top' | 'middle' | 'bottom';
  /** Along the line of text. Default `'end'`. */
  align?: 'start' | 'center' | 'end';
  /** Default `'byok-toasts'`. */
  id?: string;
  children?: ComponentChildren;
}

/**
 * The place of toasts: over the page if JavaScript can remove them, otherwise in its flow.
 *
 * @example
 * ```tsx
 * renderToString(
 *   <ToastContainer position="bottom">
 *     <Toast message="The key was saved." kind="success" />
 *   </ToastContainer>,
 * )
 * ```
 *
 * @publicApi
 */
export function ToastContainer(props: ToastContainerProps): VNode {
  const { id = 'byok-toasts', children } = props;
  const position = oneOf(props.position, ['top', 'middle', 'bottom']);
  const align = oneOf(props.align, ['end', 'start', 'center']);
  return (
    <div
      id={id}
      class={`byok byok-toasts byok-toasts-${position} byok-toasts-${align}`}
      role="region"
      aria-label={translator(props)('notifications')}
    >
      {children}
    </div>
  );
}

/** Properties of {@link Toast}. @publicApi */
export interface ToastProps extends ReaderProps {
  message: string;
  /** Default `'info'`. */
  kind?: AlertKind;
  /** Milliseconds until the script removes it; paused under the pointer and with focus. 0: never. Default 3000. */
  duration?: number;
}

/**
 * A message that disappears by itself.
 *
 * @example
 * ```tsx
 * renderToString(<Toast message="The key was saved." kind="success" duration={5000} />)
 * ```
 *
 * @publicApi
 */
export function Toast({ message, kind = 'info', duration = 3000, ...reader }: ToastProps): VNode {
  return (
    <AlertBox {...reader} {...{ kind, duration }} icon={kind} dismissible>
      <span>{message}</span>
    </AlertBox>
  );
}

function oneOf(value: string | undefined, [standard, ...others]: readonly string[]): string {
  return value !== undefined && others.includes(value) ? value : standard;
}
