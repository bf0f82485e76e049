import type { KeyVerdict } from '../interfaces/index.js';

export const ACCEPTED: KeyVerdict = Object.freeze({ outcome: 'accepted' });
export const RESTRICTED: KeyVerdict = Object.freeze({ outcome: 'accepted', reason: 'restricted' });
export const NO_CREDIT: KeyVerdict = Object.freeze({ outcome: 'accepted', reason: 'no-credit' });
export const RATE_LIMITED: KeyVerdict = Object.freeze({ outcome: 'accepted', reason: 'rate-limited' });

export const INVALID: KeyVerdict = Object.freeze({ outcome: 'refused', reason: 'invalid' });
export const REVOKED: KeyVerdict = Object.freeze({ outcome: 'refused', reason: 'revoked' });
export const EXPIRED: KeyVerdict = Object.freeze({ outcome: 'refused', reason: 'expired' });

export const UNREACHABLE: KeyVerdict = Object.freeze({ outcome: 'unknown', reason: 'unreachable' });
export const UNREADABLE: KeyVerdict = Object.freeze({ outcome: 'unknown', reason: 'unreadable' });
/** Limited, in an answer that does not show whether the key was looked at. */
export const LIMITED: KeyVerdict = Object.freeze({ outcome: 'unknown', reason: 'rate-limited' });
/** The provider does not serve the place or the network that asks. */
export const WRONG_PLACE: KeyVerdict = Object.freeze({ outcome: 'unknown', reason: 'wrong-region' });
export const NOT_CHECKABLE: KeyVerdict = Object.freeze({ outcome: 'unknown', reason: 'not-checkable' });
