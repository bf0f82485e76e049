import type { VNode } from 'preact';
import { type ReaderProps, translator } from '../translate.js';
import { FormState } from '../parts/form-state.js';
import { urlBelow } from '../parts/key-urls.js';

/** Properties of {@link clearPage}. @internal */
export interface ClearPageProps extends ReaderProps {
  baseUrl: string;
  /** How many keys there are. */
  count: number;
  csrfToken?: string;
  /** The kind of owner whose keys they are, if that is not the reader. */
  owner?: string;
}

/** Asks once more before everything is deleted. @internal */
export function clearPage(props: ClearPageProps): { title: string; content: VNode } {
  const { baseUrl, count, csrfToken, owner, ...reader } = props;
  const t = translator(reader);
  const content = (
    <>
      <p>{count === 0 ? t('noKey') : t('clearQuestion', { count })}</p>
      <form class="byok-form" method="post" action={urlBelow(baseUrl, 'keys/clear', owner)}>
        <FormState csrfToken={csrfToken} />
        <p class="byok-actions">
          {count > 0 && (
            <button type="submit" class="byok-btn byok-btn-error">
              {t('clearAll')}
            </button>
          )}
          <a class="byok-btn byok-btn-ghost" href={baseUrl}>
            {t('cancel')}
          </a>
        </p>
      </form>
    </>
  );
  return { title: t('clearAll'), content };
}
