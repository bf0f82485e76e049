import { InvalidInputError, type ByokError } from '../errors/index.js';
import type { ProviderConfig } from '../interfaces/index.js';
import { formatProviderName, translator, type ReaderProps } from '../views/index.js';

/** What a person can mend in the form itself; everything else is a page of its own. */
const MENDABLE = new Set(['BYOK_INVALID_INPUT', 'BYOK_INVALID_KEY', 'BYOK_KEY_LIMIT']);

/** @internal */
export function isMendable({ code }: ByokError): boolean {
  return MENDABLE.has(code);
}

/** Why a form was refused, in the reader's language. Never repeats what was sent. @internal */
export function refusalText(
  error: ByokError,
  provider: string,
  configs: Readonly<Record<string, ProviderConfig>>,
  reader: ReaderProps,
  { apiKey = '', label }: { apiKey?: string; label?: string } = {},
): string {
  const t = translator(reader);
  const name = formatProviderName(provider, configs);
  switch (error.code) {
    case 'BYOK_KEY_LIMIT':
      return t('keyLimit');
    case 'BYOK_INVALID_KEY': {
      const prefix = configs[provider]?.keyPrefix;
      return prefix === undefined || apiKey.startsWith(prefix)
        ? t('formatBad', { name })
        : t('formatPrefix', { name, prefix });
    }
    default:
      if (error instanceof InvalidInputError && error.part === 'taken') {
        return t(label === undefined ? 'labelNeeded' : 'labelTaken', { name });
      }
      // It names the very rule, in English.
      return /^en\b/i.test(reader.locale ?? 'en') ? error.message : t('inputRefused');
  }
}
