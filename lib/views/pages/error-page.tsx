import type { VNode } from 'preact';
import type { MessageKey } from '../../messages/index.js';
import { type ReaderProps, translator } from '../translate.js';
import { safeUrl } from '../parts/safe-url.js';

type Texts = readonly [title: MessageKey & `${string}Title`, text: MessageKey & (`${string}Text` | 'formOutdated')];

/** By the stable code of an error. */
const TEXTS: Readonly<Record<string, Texts>> = {
  BYOK_USER_REQUIRED: ['signInTitle', 'signInText'],
  BYOK_FORBIDDEN: ['refusedTitle', 'forbiddenText'],
  BYOK_CSRF: ['refusedTitle', 'formOutdated'],
  BYOK_HTTPS_REQUIRED: ['refusedTitle', 'httpsText'],
  // Where their own pages could not be made.
  BYOK_KEY_REQUIRED: ['keyRequiredTitle', 'notDoneText'],
  BYOK_KEY_REFUSED: ['refusedTitle', 'notDoneText'],
  BYOK_KEY_NO_CREDIT: ['refusedTitle', 'notDoneText'],
  BYOK_KEY_RESTRICTED: ['refusedTitle', 'notDoneText'],
  BYOK_KEY_NOT_FOUND: ['notFoundTitle', 'notFoundText'],
  BYOK_NOT_FOUND: ['notFoundTitle', 'notFoundText'],
  BYOK_TOO_LARGE: ['tooLargeTitle', 'tooLargeText'],
  BYOK_TOO_MANY_REQUESTS: ['tooOftenTitle', 'tooOftenText'],
  BYOK_UNAVAILABLE: ['unavailableTitle', 'unavailableText'],
};

/** Properties of {@link errorPage}. @internal */
export interface ErrorPageProps extends ReaderProps {
  /** The stable code of the error. */
  code: string;
  /** Where to go on: to the keys, or to the sign-in where that is what is missing. */
  manageUrl?: string;
  signInUrl?: string;
}

/** An error as a page: what happened, and what to do. @internal */
export function errorPage({ code, manageUrl, signInUrl, ...reader }: ErrorPageProps): {
  title: string;
  content: VNode;
} {
  const t = translator(reader);
  const [title, text] = TEXTS[code] ?? (['notDoneTitle', 'notDoneText'] as const);
  const signIn = code === 'BYOK_USER_REQUIRED';
  const href = safeUrl(signIn ? signInUrl : manageUrl);
  const content = (
    <>
      <p>{t(text)}</p>
      {href !== undefined && (
        <p>
          <a class="byok-link" href={href}>
            {t(signIn ? 'signIn' : 'manageKeys')}
          </a>
        </p>
      )}
    </>
  );
  return { title: t(title), content };
}
