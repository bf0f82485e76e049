import { type ByokError, InvalidInputError, type InvalidPart } from '../errors/index.js';
import type { ProviderConfig } from '../interfaces/index.js';
import type { MessageKey } from '../messages/index.js';
import { formatProviderName, type ReaderProps, type Translate, translator } from '../views/index.js';

/** Errors that are shown in the form, because a person can fix them there. Others have a page of their own. */
const FORM_ERRORS = new Set(['BYOK_INVALID_INPUT', 'BYOK_INVALID_KEY', 'BYOK_KEY_LIMIT']);

/** @internal */
export function isFormError({ code }: ByokError): boolean {
  return FORM_ERRORS.has(code);
}

/** What is said of a part of the input that breaks its rule. */
const TEXTS = {
  provider: 'providerRefused',
  notOffered: 'notOffered',
  noKey: 'fillInKey',
  key: 'keyRefused',
  keyAsName: 'keyAsName',
  label: 'labelRefused',
  fields: 'fieldsRefused',
  url: 'addressRefused',
  expiry: 'expiryRefused',
} as const satisfies Record<Exclude<InvalidPart, 'taken'>, MessageKey>;

/** Why a form was refused, in the reader's language. Never repeats what was sent. @internal */
export function formErrorText(
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
      return inputText(error instanceof InvalidInputError ? error.part : undefined, name, label, t);
  }
}

function inputText(part: InvalidPart | undefined, name: string, label: string | undefined, t: Translate): string {
  if (part === 'taken') return t(label === undefined ? 'labelNeeded' : 'labelTaken', { name });
  return t(part === undefined ? 'inputRefused' : TEXTS[part]);
}
