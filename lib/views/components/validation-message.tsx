import type { VNode } from 'preact';
import { ErrorIcon, SuccessIcon } from './icons.js';

/** Properties of {@link ValidationMessage}. @publicApi */
export interface ValidationMessageProps {
  message: string;
  /** Default false. */
  isValid?: boolean;
  /** Default true. */
  showIcon?: boolean;
  /** For an input's `aria-describedby`. */
  id?: string;
}

/**
 * The result of checking an input, for below the input.
 *
 * @example
 * ```tsx
 * renderToString(<ValidationMessage id="why" message="A key for OpenAI begins with sk-." />)
 * ```
 *
 * @publicApi
 */
export function ValidationMessage({ message, isValid = false, showIcon = true, id }: ValidationMessageProps): VNode {
  return (
    <p
      id={id}
      class={`byok byok-validation ${isValid ? 'byok-valid' : 'byok-invalid'}`}
      role={isValid ? 'status' : 'alert'}
    >
      {showIcon && (isValid ? SuccessIcon : ErrorIcon)({ size: 16 })}
      <span>{message}</span>
    </p>
  );
}
