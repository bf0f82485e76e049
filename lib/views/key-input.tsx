import type { VNode } from 'preact';
import type { ProviderInfo } from './format/index.js';
import type { Translate } from './messages/index.js';

/** What an input for a key needs. @internal */
export interface KeyInput {
  id: string;
  info: ProviderInfo;
  t: Translate;
  placeholder?: string;
  /** Ids of what describes it. */
  describedBy?: string;
  invalid?: boolean;
  disabled?: boolean;
  small?: boolean;
}

/**
 * What keeps the managers of passwords that know such a mark from filling in or keeping a value. It has no value of
 * its own, ever.
 *
 * @internal
 */
export const UNREMEMBERED = {
  autoComplete: 'off',
  autoCapitalize: 'none',
  autocorrect: 'off',
  spellcheck: false,
  'data-1p-ignore': '',
  'data-bwignore': '',
  'data-lpignore': 'true',
  'data-form-type': 'other',
} as const;

/** @internal */
export function keyInput({ id, info, t, placeholder, describedBy, invalid, disabled, small }: KeyInput): VNode {
  return (
    <div class="byok-key-box">
      <input
        id={id}
        class={small ? 'byok-input byok-input-sm' : 'byok-input'}
        type="password"
        name="api_key"
        required
        minLength={8}
        maxLength={4096}
        {...UNREMEMBERED}
        placeholder={placeholder ?? info.placeholder}
        aria-describedby={describedBy}
        aria-invalid={invalid ? 'true' : undefined}
        disabled={disabled}
        data-byok-show={t('showKey')}
        data-byok-hide={t('hideKey')}
        {...formatOf(info, t)}
      />
    </div>
  );
}

/** What the script needs to tell while typing whether a key has its provider's format. */
function formatOf({ name, keyPrefix, keyPattern }: ProviderInfo, t: Translate): Record<string, string> | undefined {
  const pattern = keyPattern && portable(keyPattern) ? keyPattern : undefined;
  if (!keyPrefix && !pattern) return undefined;
  return {
    'data-byok-good': t('formatGood', { name }),
    ...(keyPrefix && {
      'data-byok-prefix': keyPrefix,
      'data-byok-bad-prefix': t('formatPrefix', { name, prefix: keyPrefix }),
    }),
    ...(pattern && {
      'data-byok-pattern': pattern.source,
      'data-byok-flags': pattern.flags,
      'data-byok-bad': t('formatBad', { name }),
    }),
  };
}

/** Whether every browser reads it as we do: without flags that keep a position, and without the newest syntax. */
function portable({ source, flags }: RegExp): boolean {
  return /^[imsu]*$/.test(flags) && source.length <= 500 && !/\(\?[ims-]+:/.test(source);
}
