import type { VNode } from 'preact';
import type { Translate } from '../translate.js';
import { UNREMEMBERED } from './key-input.js';

/** A search among many providers. The script shows it, since without one it would do nothing. @internal */
export function ProviderFilter({ id, t }: { id: string; t: Translate }): VNode {
  return (
    <div class="byok-filter" hidden data-byok-filter="">
      <label class="byok-hidden" for={id}>
        {t('filterProviders')}
      </label>
      <input
        id={id}
        type="search"
        class="byok-input byok-input-sm"
        placeholder={t('filterProviders')}
        {...UNREMEMBERED}
      />
      <p class="byok-help" role="status" data-byok-none={t('noProviderFound')} />
    </div>
  );
}
