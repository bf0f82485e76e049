import {
  type ByokError,
  InvalidInputError,
  InvalidKeyError,
  type InvalidKeyReason,
  type InvalidPart,
  KeyConflictError,
} from '../errors/index.js';
import type { ProviderConfig } from '../interfaces/index.js';
import type { MessageKey } from '../messages/index.js';
import { formatProviderName, getProviderInfo, type ReaderProps, type Translate, translator } from '../views/index.js';

/** Errors that are shown in the form, because a person can fix them there. Others have a page of their own. */
const FORM_ERRORS = new Set([
  'BYOK_INVALID_INPUT',
  'BYOK_INVALID_KEY',
  'BYOK_KEY_LIMIT',
  'BYOK_CONFLICT',
  'BYOK_KEY_NOT_FOUND',
]);

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
  keyTooShort: 'keyTooShort',
  keyTooLong: 'keyTooLong',
  keyAgain: 'keyAgain',
  keyAsName: 'keyAsName',
  label: 'labelRefused',
  fields: 'fieldsRefused',
  fieldNeeded: 'fieldNeeded',
  fieldTooLong: 'fieldTooLong',
  fieldLines: 'fieldLines',
  url: 'addressRefused',
  expiry: 'expiryRefused',
} as const satisfies Record<Exclude<InvalidPart, 'taken'>, MessageKey>;

/** What is said of a text that is not the key. */
const KEY_TEXTS = {
  masked: 'keyMasked',
  address: 'keyIsAddress',
  document: 'keyIsFile',
  placeholder: 'keyIsPlaceholder',
  spaces: 'keySpaces',
  characters: 'keyCharacters',
  wrapped: 'keyWrapped',
  json: 'keyNotJson',
} as const satisfies Record<Exclude<InvalidKeyReason, 'pattern' | 'prefix' | 'otherProvider' | 'refused'>, MessageKey>;

/** Why a form was refused, in the reader's language. Never repeats what was sent. @internal */
export function formErrorText(
  error: ByokError,
  provider: string,
  configs: Readonly<Record<string, ProviderConfig>>,
  reader: ReaderProps,
  label: string | undefined,
): string {
  const t = translator(reader);
  const name = formatProviderName(provider, configs);
  if (error instanceof InvalidKeyError)
    return keyText(error.why, name, getProviderInfo(provider, configs).keyPrefix, t);
  switch (error.code) {
    case 'BYOK_KEY_LIMIT':
      return t('keyLimit');
    case 'BYOK_KEY_NOT_FOUND':
      return t('noSuchKey', { name });
    case 'BYOK_CONFLICT':
      return t(error instanceof KeyConflictError && error.isLabelTaken ? 'labelTaken' : 'keyChangedMeanwhile', {
        name,
      });
    default:
      return inputText(error instanceof InvalidInputError ? error.part : undefined, name, label, t);
  }
}

function keyText(why: InvalidKeyReason | undefined, name: string, prefixes: readonly string[], t: Translate): string {
  switch (why) {
    case undefined:
    case 'pattern':
      return t('formatBad', { name });
    case 'prefix':
      return t('formatPrefix', { name, prefix: prefixes.join(', ') });
    case 'refused':
      return t('keyRefusedBy', { name });
    case 'otherProvider':
      return t('keyOfOther', { name });
    default:
      return t(KEY_TEXTS[why]);
  }
}

function inputText(part: InvalidPart | undefined, name: string, label: string | undefined, t: Translate): string {
  if (part === 'taken') return t(label === undefined ? 'labelNeeded' : 'labelTaken', { name });
  return t(part === undefined ? 'inputRefused' : TEXTS[part]);
}
