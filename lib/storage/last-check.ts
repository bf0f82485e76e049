import type { LastCheck } from '../interfaces/index.js';
import { isKeyOutcome, isVerdictReason } from '../validation/index.js';

/** A word that was kept; `null` if it is none that this version knows. @internal */
export function toLastCheck(outcome: unknown, reason: unknown, by: unknown, at: Date): LastCheck | null {
  if (!isKeyOutcome(outcome) || (by !== 'check' && by !== 'use')) return null;
  return { outcome, reason: isVerdictReason(reason) ? reason : null, at, by };
}
