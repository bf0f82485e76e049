import type { KeyOutcome, KeyVerdictReason } from '../interfaces/index.js';

const OUTCOMES: Record<KeyOutcome, true> = { accepted: true, refused: true, unknown: true };
const REASONS: Record<KeyVerdictReason, true> = {
  invalid: true,
  revoked: true,
  expired: true,
  restricted: true,
  'no-credit': true,
  'rate-limited': true,
  'wrong-region': true,
  unreachable: true,
  unreadable: true,
  'not-checkable': true,
};

/** @internal */
export function isKeyOutcome(value: unknown): value is KeyOutcome {
  return typeof value === 'string' && Object.hasOwn(OUTCOMES, value);
}

/** @internal */
export function isVerdictReason(value: unknown): value is KeyVerdictReason {
  return typeof value === 'string' && Object.hasOwn(REASONS, value);
}
