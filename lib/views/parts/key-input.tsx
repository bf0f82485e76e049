import type { VNode } from 'preact';
import type { ProviderInfo } from '../format/index.js';
import type { Translate } from '../translate.js';

/** Properties of {@link KeyInput}. @internal */
export interface KeyInputProps {
  id: string;
  info: ProviderInfo;
  t: Translate;
  placeholder?: string;
  /** Ids of the elements that describe it. */
  describedBy?: string;
  invalid?: boolean;
  disabled?: boolean;
  small?: boolean;
}

/** Attributes that ask browsers and password managers not to fill in, correct or save a value. @internal */
export const UNREMEMBERED = {
  autocomplete: 'off',
  autocapitalize: 'none',
  autocorrect: 'off',
  spellcheck: false,
  'data-1p-ignore': '',
  'data-bwignore': '',
  'data-lpignore': 'true',
  'data-form-type': 'other',
} as const;

/**
 * The same for a secret. Browsers ignore `off` there and fill in the site's saved login, with its user name in the text
 * input in front. They fill nothing into a form that asks for a new password.
 *
 * @internal
 */
export const UNREMEMBERED_SECRET = { ...UNREMEMBERED, autocomplete: 'new-password' } as const;

/** The input for a key. It never has a value. @internal */
export function KeyInput(props: KeyInputProps): VNode {
  const { id, info, t, placeholder = info.placeholder, describedBy, invalid, disabled, small } = props;
  if (info.keyFormat !== 'token') {
    return (
      <textarea
        id={id}
        class="byok-input byok-textarea"
        name="api_key"
        rows={6}
        required
        {...UNREMEMBERED}
        placeholder={placeholder}
        aria-describedby={describedBy}
        aria-invalid={invalid ? 'true' : undefined}
        disabled={disabled}
      />
    );
  }
  return (
    <div class="byok-key-box">
      <input
        id={id}
        class={small ? 'byok-input byok-input-sm' : 'byok-input'}
        type="password"
        name="api_key"
        required
        minLength={8}
        {...UNREMEMBERED_SECRET}
        placeholder={placeholder}
        aria-describedby={describedBy}
        aria-invalid={invalid ? 'true' : undefined}
        disabled={disabled}
        data-byok-show={t('showKey')}
        data-byok-hide={t('hideKey')}
        {...formatHints(info, t)}
      />
    </div>
  );
}

/** For the script, which checks the key's format while the user types. */
function formatHints(info: ProviderInfo, t: Translate): Record<string, string | undefined> {
  const { name, keyPrefix, keyPattern, strict } = info;
  const prefix = keyPrefix.length > 0 ? keyPrefix.join(', ') : undefined;
  const pattern = keyPattern && portable(keyPattern) ? keyPattern : undefined;
  return {
    'data-byok-good': prefix || pattern ? t('formatGood', { name }) : undefined,
    'data-byok-prefix': prefix && JSON.stringify(keyPrefix),
    'data-byok-strict': prefix && strict ? '' : undefined,
    'data-byok-bad-prefix': prefix && t(strict ? 'formatPrefix' : 'keyPrefixDoubt', { name, prefix }),
    'data-byok-pattern': pattern?.source,
    'data-byok-flags': pattern?.flags,
    'data-byok-bad': pattern && t('formatBad', { name }),
  };
}

/** Whether every browser reads it as Node.js does: no flags that keep a position, and not the newest syntax. */
function portable({ source, flags }: RegExp): boolean {
  return /^[imsu]*$/.test(flags) && source.length <= 500 && !/\(\?[ims-]+:/.test(source);
}
