import type { ProviderInfo } from '../format/index.js';
import type { Translate } from '../messages/index.js';
import { attributes, markup, type Markup } from './markup.js';

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
export const UNREMEMBERED = attributes({
  autocomplete: 'off',
  autocapitalize: 'none',
  autocorrect: 'off',
  spellcheck: 'false',
  'data-1p-ignore': true,
  'data-bwignore': true,
  'data-lpignore': 'true',
  'data-form-type': 'other',
});

/** @internal */
export function keyInput({ id, info, t, placeholder, describedBy, invalid, disabled, small }: KeyInput): Markup {
  const { name, keyPrefix, keyPattern } = info;
  // What the script needs to tell while typing whether a key has its provider's format.
  const prefix = keyPrefix || undefined;
  const pattern = keyPattern && portable(keyPattern) ? keyPattern : undefined;
  const own = attributes({
    'aria-describedby': describedBy,
    'aria-invalid': invalid ? 'true' : undefined,
    disabled,
    'data-byok-good': prefix || pattern ? t('formatGood', { name }) : undefined,
    'data-byok-prefix': prefix,
    'data-byok-bad-prefix': prefix && t('formatPrefix', { name, prefix }),
    'data-byok-pattern': pattern?.source,
    'data-byok-flags': pattern?.flags,
    'data-byok-bad': pattern && t('formatBad', { name }),
  });
  return markup`
    <div class="byok-key-box">
      <input id="${id}" class="${small ? 'byok-input byok-input-sm' : 'byok-input'}" type="password" name="api_key"
        required minlength="8" maxlength="4096" autocomplete="off" spellcheck="false" data-1p-ignore data-bwignore
        data-lpignore="true" data-form-type="other" placeholder="${placeholder ?? info.placeholder}"
        data-byok-show="${t('showKey')}" data-byok-hide="${t('hideKey')}" ${own}>
    </div>`;
}

/** Whether every browser reads it as we do: without flags that keep a position, and without the newest syntax. */
function portable({ source, flags }: RegExp): boolean {
  return /^[imsu]*$/.test(flags) && source.length <= 500 && !/\(\?[ims-]+:/.test(source);
}
