import type { VNode } from 'preact';
import { translator, type MessageKey, type ReaderProps } from './messages/index.js';

type Texts = readonly [title: MessageKey & `${string}Title`, text: MessageKey & (`${string}Text` | 'formOutdated')];

/** By the stable code of an error. */
const TEXTS: Readonly<Record<string, Texts>> = {
  BYOK_USER_REQUIRED: ['signInTitle', 'signInText'],
  BYOK_CSRF: ['refusedTitle', 'formOutdated'],
  BYOK_HTTPS_REQUIRED: ['refusedTitle', 'httpsText'],
  BYOK_KEY_NOT_FOUND: ['notFoundTitle', 'notFoundText'],
  BYOK_NOT_FOUND: ['notFoundTitle', 'notFoundText'],
  BYOK_TOO_LARGE: ['tooLargeTitle', 'tooLargeText'],
  BYOK_TOO_MANY_REQUESTS: ['tooOftenTitle', 'tooOftenText'],
  BYOK_UNAVAILABLE: ['unavailableTitle', 'unavailableText'],
};

/** An error as a page: what happened, and what to do. @internal */
export function errorPage(code: string, reader: ReaderProps): { title: string; content: VNode } {
  const t = translator(reader);
  const [title, text] = TEXTS[code] ?? (['notDoneTitle', 'notDoneText'] as const);
  return { title: t(title), content: <p>{t(text)}</p> };
}
