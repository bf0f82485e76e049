import type { VNode } from 'preact';
import type { Translate } from '../translate.js';
import { partId } from './dom-id.js';
import { UNREMEMBERED } from './key-input.js';

/** The input for the name of a provider that is not offered. @internal */
export function ProviderField({ id, t }: { id: string; t: Translate }): VNode {
  const helpId = partId(id, 'help');
  return (
    <div class="byok-field">
      <label class="byok-label" for={id}>
        {t('providerId')}
      </label>
      <input
        id={id}
        class="byok-input"
        name="provider"
        required
        pattern="[a-z0-9][a-z0-9._\-]{0,63}"
        aria-describedby={helpId}
        {...UNREMEMBERED}
      />
      <p id={helpId} class="byok-help">
        {t('providerIdHelp')}
      </p>
    </div>
  );
}
