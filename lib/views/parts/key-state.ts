import { formatExpiration, formatKeyAge, type ProviderInfo, timeOf } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import type { StoredKeyView } from './stored-key-view.js';

/** Keys that expire within it come first. */
const SOON = 7 * 24 * 60 * 60 * 1000;

/** The state of a stored key, in words. @internal */
export interface KeyState {
  look: 'success' | 'warning' | 'error' | 'ghost';
  text: string;
  /** What to do; `undefined` if the key needs nobody. */
  advice?: string;
  isUnreadable: boolean;
}

/** @internal */
export function keyState(
  stored: StoredKeyView,
  info: Pick<ProviderInfo, 'name' | 'isCheckable'>,
  reader: ReaderProps,
  t: Translate,
): KeyState {
  const { status, expiresAt } = stored;
  const { now = new Date() } = reader;
  const left =
    expiresAt === null || expiresAt === undefined ? Number.POSITIVE_INFINITY : timeOf(expiresAt) - now.getTime();
  if (status === 'unreadable') {
    return { look: 'error', text: t('statusUnreadable'), advice: t('unreadableHelp'), isUnreadable: true };
  }
  if (status === 'expired' || left <= 0) {
    const text =
      expiresAt && left <= 0 ? t('expiredWhen', { when: formatKeyAge(expiresAt, reader) }) : t('statusExpired');
    return { look: 'error', text, advice: t('expiredHelp'), isUnreadable: false };
  }
  const checked = checkState(stored.lastCheck, info, reader, t);
  if ((left <= SOON || stored.notice === 'expiring') && checked.advice === undefined) {
    return {
      look: 'warning',
      text: formatExpiration(expiresAt, reader),
      advice: t('expiresSoonHelp'),
      isUnreadable: false,
    };
  }
  if (stored.notice === 'unused' && checked.advice === undefined) {
    return { look: 'warning', text: t('statusUnused'), advice: t('unusedHelp'), isUnreadable: false };
  }
  return { ...checked, isUnreadable: false };
}

/** What its provider said of a key that can be used. */
function checkState(
  check: StoredKeyView['lastCheck'],
  { name, isCheckable }: Pick<ProviderInfo, 'name' | 'isCheckable'>,
  reader: ReaderProps,
  t: Translate,
): Omit<KeyState, 'isUnreadable'> {
  const when = check ? formatKeyAge(check.at, reader) : '';
  switch (check?.outcome) {
    case 'refused':
      return { look: 'error', text: t('refusedWhen', { when }), advice: t('refusedHelp', { name }) };
    case 'unknown':
      return { look: 'ghost', text: t('couldNotCheck', { when }) };
    case 'accepted':
      if (check.reason === 'no-credit') {
        return { look: 'warning', text: t('acceptedNoCredit'), advice: t('noCreditHelp', { name }) };
      }
      if (check.reason === 'restricted') return { look: 'success', text: t('acceptedRestricted') };
      return { look: 'success', text: t('acceptedWhen', { when }) };
    default:
      return { look: isCheckable ? 'ghost' : 'success', text: t(isCheckable ? 'notChecked' : 'statusActive') };
  }
}
