import type { VNode } from 'preact';

/** Properties of the icons. @publicApi */
export interface IconProps {
  /** Width and height in pixels. Default 24. */
  size?: number;
  /** What it means, for readers who do not see it. Default: nothing, since the text beside it says so. */
  label?: string;
}

const CIRCLE = 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18Z';
const TRIANGLE = 'M12 4L2.8 20h18.4Z';

/**
 * A circled i.
 *
 * @example
 * ```tsx
 * renderToString(<InfoIcon size={16} label="Note" />)
 * ```
 *
 * @publicApi
 */
export function InfoIcon(props: IconProps = {}): VNode {
  return icon(`${CIRCLE}M12 11v5M12 8v.01`, props);
}

/**
 * A circled tick.
 *
 * @example
 * ```tsx
 * renderToString(<SuccessIcon />)
 * ```
 *
 * @publicApi
 */
export function SuccessIcon(props: IconProps = {}): VNode {
  return icon(`${CIRCLE}M8 12.5l2.7 2.7L16 9.5`, props);
}

/**
 * A triangle with an exclamation mark.
 *
 * @example
 * ```tsx
 * renderToString(<WarningIcon label="Careful" />)
 * ```
 *
 * @publicApi
 */
export function WarningIcon(props: IconProps = {}): VNode {
  return icon(`${TRIANGLE}M12 10v4M12 17v.01`, props);
}

/**
 * A circled cross.
 *
 * @example
 * ```tsx
 * renderToString(<ErrorIcon />)
 * ```
 *
 * @publicApi
 */
export function ErrorIcon(props: IconProps = {}): VNode {
  return icon(`${CIRCLE}M9 9l6 6M15 9l-6 6`, props);
}

/** @internal */
export function CloseIcon(props: IconProps): VNode {
  return icon('M6 6l12 12M18 6L6 18', props);
}

function icon(path: string, { size, label }: IconProps): VNode {
  const pixels = typeof size === 'number' && size > 0 && size <= 512 ? size : 24;
  return (
    <svg
      class="byok-icon"
      width={pixels}
      height={pixels}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      role={label ? 'img' : undefined}
      aria-label={label || undefined}
      aria-hidden={label ? undefined : 'true'}
    >
      <path d={path} />
    </svg>
  );
}
