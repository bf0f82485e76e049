import { formatExpiration, formatKeyAge, timeOf } from '../format/index.js';
import type { ReaderProps, Translate } from '../translate.js';
import type { StoredKeyView } from './stored-key-view.js';

/** Keys that expire within it come first. */
const SOON = 7 * 24 * 60 * 60 * 1000;

/** The state of a stored key, in words. @internal */
export interface KeyState {
  look: 'success' | 'warning' | 'error';
  text: string;
  /** What to do; `undefined` if the key needs nobody. */
  advice?: string;
  isUnreadable: boolean;
}

/** @internal */
export function keyState(stored: StoredKeyView, reader: ReaderProps, t: Translate): KeyState {
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
  if (left <= SOON) {
    return {
      look: 'warning',
      text: formatExpiration(expiresAt, reader),
      advice: t('expiresSoonHelp'),
      isUnreadable: false,
    };
  }
  return { look: 'success', text: t('statusActive'), isUnreadable: false };
}
