import type { ByokDatabase } from '../../database/index.js';
import { StorageError } from '../../errors/index.js';
import type { KeyOwner } from '../../interfaces/index.js';
import type { ImportedKey, ImportOptions, ImportOutcome } from '../many-keys.interface.js';
import { type ExistingKey, type ImportLimits, planImport } from './import-plan.js';
import { importStatements, type ImportStatements } from './import-statements.js';
import { UNCOUNTED_WRITES } from './uncounted-writes.js';

/** Keys of one owner that a batch adds without a lock. */
const FEW = UNCOUNTED_WRITES / 2;
/** Owners that are locked at once: each takes a place in a table of the server's that everybody shares. */
const MOST_LOCKS = 100;
/** SQLSTATE of a deadlock, and how often a batch is tried in spite of it. */
const DEADLOCK = '40P01';
const ATTEMPTS = 5;

type Ask = <R extends object>(statement: { name: string; text: string }, values: unknown[]) => Promise<R[]>;

interface ExistingRow {
  n: number;
  provider: string;
  label: string;
  is_chosen: boolean;
  is_default: boolean;
}

interface WrittenRow {
  owner_kind: string;
  owner_id: string;
  provider: string;
  label: string;
  overwritten: boolean;
}

/**
 * Writes batches of keys of any owners with a few statements each.
 *
 * @internal
 */
export class KeyImport {
  readonly #sql: ImportStatements;

  constructor(
    private readonly database: ByokDatabase,
    tableName: string,
  ) {
    this.#sql = importStatements(tableName);
  }

  /** @throws StorageError */
  async write(keys: readonly ImportedKey[], options: ImportOptions): Promise<ImportOutcome[]> {
    const { limit, dryRun } = options;
    // As `put` does it: far from the limit without a lock, near it exactly.
    const limits = dryRun
      ? { keys: limit, ofBatch: limit }
      : { keys: Math.max(0, limit - UNCOUNTED_WRITES), ofBatch: FEW };
    const outcomes = await this.#repeated(() => this.#pass(this.#ask, keys, options, limits));
    if (dryRun) return outcomes;
    for (const positions of nearLimit(keys, outcomes)) {
      const some = positions.map((i) => keys[i]);
      const found = await this.#repeated(() => this.#locked(some, options));
      positions.forEach((position, i) => (outcomes[position] = found[i]));
    }
    return outcomes;
  }

  readonly #ask: Ask = (statement, values) => this.database.query({ ...statement, values, expected: DEADLOCK });

  #locked(keys: readonly ImportedKey[], options: ImportOptions): Promise<ImportOutcome[]> {
    return this.database.transaction(async (query) => {
      // In one order everywhere, and by the key that `put` uses.
      const owners = [...new Set(keys.map(({ scope }) => `${scope.owner.kind}\n${scope.owner.id}`))].sort();
      const lock = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
      for (const owner of owners) await query(lock, [owner]);
      const limits = { keys: options.limit, ofBatch: options.limit };
      return this.#pass(({ text }, values) => query(text, values), keys, options, limits);
    }, DEADLOCK);
  }

  async #pass(
    ask: Ask,
    keys: readonly ImportedKey[],
    options: ImportOptions,
    limits: ImportLimits,
  ): Promise<ImportOutcome[]> {
    const existing = await this.#existing(ask, keys);
    const plan = planImport(keys, (key) => existing.get(idOf(key.scope.owner)) ?? [], options, limits);
    const planned = (i: number): ImportOutcome =>
      options.replace && existing.get(idOf(keys[i].scope.owner))?.some((other) => isSlot(other, keys[i]))
        ? 'replaced'
        : 'stored';
    if (options.dryRun) return plan.outcomes.map((outcome, i) => outcome ?? planned(i));
    if (plan.pins.length > 0) {
      const { pins } = plan;
      await ask(this.#sql.pin, [
        pins.map(({ of }) => of.scope.owner.kind),
        pins.map(({ of }) => of.scope.owner.id),
        pins.map(({ provider }) => provider),
        pins.map(({ label }) => label),
      ]);
    }
    if (plan.writes.length === 0) return plan.outcomes as ImportOutcome[];
    const chosen = plan.writes.map((i) => ({ key: keys[i], isFirst: plan.firsts.has(i) }));
    const rows = await ask<WrittenRow>(this.#sql.write, [...valuesOf(chosen), options.replace]);
    const written = new Map(rows.map((row) => [slotOf(row), row.overwritten]));
    return plan.outcomes.map((outcome, i) => {
      if (outcome) return outcome;
      const { owner } = keys[i].scope;
      const { provider, label } = keys[i].record;
      const overwritten = written.get(slotOf({ owner_kind: owner.kind, owner_id: owner.id, provider, label }));
      // Somebody else was faster.
      if (overwritten === undefined) return 'skipped';
      return overwritten && options.replace ? 'replaced' : 'stored';
    });
  }

  async #existing(ask: Ask, keys: readonly ImportedKey[]): Promise<Map<string, ExistingKey[]>> {
    const owners = [...new Map(keys.map(({ scope: { owner } }) => [idOf(owner), owner]))];
    const rows = await ask<ExistingRow>(this.#sql.existing, [
      owners.map(([, { kind }]) => kind),
      owners.map(([, { id }]) => id),
    ]);
    const existing = new Map<string, ExistingKey[]>();
    for (const { n, provider, label, is_chosen: isChosen, is_default: isDefault } of rows) {
      const [owner] = owners[Number(n) - 1];
      const stored = existing.get(owner);
      const key = { provider, label, isChosen, isDefault };
      if (stored) stored.push(key);
      else existing.set(owner, [key]);
    }
    return existing;
  }

  /** Another writer of the same keys may have taken them in another order. The statement that failed has written nothing. */
  async #repeated<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof StorageError) || error.reason !== DEADLOCK) throw error;
      }
    }
  }
}

function valuesOf(chosen: readonly { key: ImportedKey; isFirst: boolean }[]): unknown[] {
  const of = <T>(value: (key: ImportedKey) => T) => chosen.map(({ key }) => value(key));
  return [
    of(({ scope }) => scope.owner.kind),
    of(({ scope }) => scope.owner.id),
    of(({ record }) => record.provider),
    of(({ record }) => record.label),
    of(({ record }) => record.keyId),
    of(({ record }) => record.ciphertext),
    of(({ record }) => record.hint),
    of(({ record }) => record.fingerprint),
    // Arrays of different lengths are no array of Postgres. No name of a field has a comma.
    of(({ record }) => record.fieldNames.join()),
    // As text: the driver's own text of a date depends on the time zone's history.
    of(({ record }) => record.expiresAt?.toISOString() ?? null),
    of(({ createdAt }) => createdAt?.toISOString() ?? null),
    chosen.map(({ isFirst }) => isFirst),
  ];
}

/** Positions of keys that the limit of their owners may refuse, in groups. */
function nearLimit(keys: readonly ImportedKey[], outcomes: readonly ImportOutcome[]): number[][] {
  const groups: { owners: Set<string>; positions: number[] }[] = [];
  keys.forEach(({ scope }, i) => {
    if (outcomes[i] !== 'limit') return;
    const owner = idOf(scope.owner);
    let group = groups.find(({ owners }) => owners.has(owner)) ?? groups.at(-1);
    if (!group || (group.owners.size === MOST_LOCKS && !group.owners.has(owner))) {
      group = { owners: new Set(), positions: [] };
      groups.push(group);
    }
    group.owners.add(owner);
    group.positions.push(i);
  });
  return groups.map(({ positions }) => positions);
}

function idOf({ kind, id }: KeyOwner): string {
  return `${kind}\n${id}`;
}

function isSlot({ provider, label }: ExistingKey, { record }: ImportedKey): boolean {
  return provider === record.provider && label === record.label;
}

function slotOf({ owner_kind, owner_id, provider, label }: Omit<WrittenRow, 'overwritten'>): string {
  return [owner_kind, owner_id, provider, label].join('\n');
}
