import type { ByokRequest } from '../../interfaces/index.js';
import { messages } from '../../messages/index.js';

const LANGUAGES = Object.keys(messages);

/** The tag that the browser prefers of those whose language the library has; English where there is none. @internal */
export function preferredLocale({ headers }: ByokRequest): string {
  const wanted = String(headers['accept-language'] ?? '')
    .slice(0, 256)
    .split(',')
    .map((range) => {
      const [tag, ...parameters] = range.split(';').map((part) => part.trim());
      const q = parameters.find((parameter) => parameter.startsWith('q='));
      return { tag, q: q ? Number(q.slice(2)) || 0 : 1 };
    })
    .filter(({ tag, q }) => q > 0 && LANGUAGES.includes(tag.split('-')[0].toLowerCase()))
    .sort((a, b) => b.q - a.q);
  for (const { tag } of wanted) {
    try {
      return Intl.getCanonicalLocales(tag)[0];
    } catch {
      // No tag of a language; the next.
    }
  }
  return 'en';
}
