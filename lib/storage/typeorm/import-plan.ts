import type { KeySlot } from '../key-storage.interface.js';
import type { ImportedKey, ImportOptions, ImportOutcome } from '../many-keys.interface.js';

/** A key that an owner has, not expired. @internal */
export interface ExistingKey extends KeySlot {
  isDefault: boolean;
  /** Whether it was chosen as the default key. */
  isChosen: boolean;
}

/** What is to be done with a batch. @internal */
export interface ImportPlan {
  /** Of each key in turn; `undefined`: it is to be written. */
  outcomes: (ImportOutcome | undefined)[];
  /** Positions of keys to write. */
  writes: number[];
  /** Positions of keys that are the default key of their provider, with others of the same provider behind them. */
  firsts: Set<number>;
  /** Default keys to be chosen as such, because a key is added beside them. */
  pins: (KeySlot & { of: ImportedKey })[];
}

/** How many keys an owner may have. @internal */
export interface ImportLimits {
  /** In all. */
  keys: number;
  /** Of one batch. */
  ofBatch: number;
}

/** What a batch means for owners as they are now. No two of its keys have the same slot. @internal */
export function planImport(
  keys: readonly ImportedKey[],
  existing: (key: ImportedKey) => readonly ExistingKey[],
  { replace }: Pick<ImportOptions, 'replace'>,
  limits: ImportLimits,
): ImportPlan {
  const plan: ImportPlan = { outcomes: [], writes: [], firsts: new Set(), pins: [] };
  const added = new Map<string, number>();
  /** The first key of each owner and provider, if it is new. */
  const first = new Map<string, number>();
  keys.forEach((key, i) => {
    const { owner } = key.scope;
    const { provider, label } = key.record;
    const stored = existing(key);
    if (stored.some((other) => other.provider === provider && other.label === label)) {
      plan.outcomes[i] = replace ? undefined : 'skipped';
      if (replace) plan.writes.push(i);
      return;
    }
    const ownerKey = `${owner.kind}\n${owner.id}`;
    const count = added.get(ownerKey) ?? 0;
    if (stored.length + count >= limits.keys || count >= limits.ofBatch) {
      plan.outcomes[i] = 'limit';
      return;
    }
    added.set(ownerKey, count + 1);
    plan.outcomes[i] = undefined;
    plan.writes.push(i);
    const group = `${ownerKey}\n${provider}`;
    const before = first.get(group);
    if (before === undefined) first.set(group, i);
    const standing = stored.find((other) => other.provider === provider && other.isDefault);
    if (!standing && before !== undefined) plan.firsts.add(before);
    if (standing && !standing.isChosen && before === undefined)
      plan.pins.push({ provider, label: standing.label, of: key });
  });
  return plan;
}
