import type { AuditTable } from '../audit/index.js';
import type { ByokDatabase } from '../database/index.js';
import { ConfigurationError } from '../errors/index.js';
import type { ByokHealth } from '../health/index.js';
import type { AuditEntry, KeyOwner } from '../interfaces/index.js';

/** What the providers below stand for, as far as the rest of the library calls it. */
type Part<T, K extends keyof T> = Pick<T, K>;

async function refuse(): Promise<never> {
  throw new ConfigurationError(
    'withTestKeys() runs the application without a database. Test rotation, verification and retirement with a real Postgres.',
  );
}

/** Instead of `ByokDatabase`: never connects. @internal */
export const noDatabase: Part<ByokDatabase, 'ready' | 'query' | 'transaction' | 'beforeClose'> = {
  ready: refuse,
  query: refuse,
  transaction: refuse,
  beforeClose: () => {},
};

/** Instead of `ByokHealth`: there is no database whose health could be checked. @internal */
export const healthWithoutDatabase: Part<ByokHealth, 'check'> = {
  check: async () => ({ healthy: true, checks: { keys: 'up' } }),
};

/** Instead of `StartupCheck`: there are no rows whose secret could be another. @internal */
export const noStartupCheck = { onModuleInit: () => {} };

type AuditRecord = Parameters<AuditTable['insert']>[0][number];

/** Instead of `AuditTable`. @internal */
export class MemoryAuditTable implements Part<AuditTable, 'require' | 'insert' | 'list' | 'erase' | 'sweep'> {
  #records: AuditRecord[] = [];

  async require(): Promise<void> {}

  async insert(records: readonly AuditRecord[]): Promise<void> {
    this.#records.push(...records);
  }

  async list(owner: KeyOwner, limit: number | null): Promise<AuditEntry[]> {
    const newestFirst = this.#records.filter((record) => isOf(owner, record)).reverse();
    return newestFirst.slice(0, limit ?? undefined).map(({ id: _id, owner: _owner, ...entry }) => entry);
  }

  async erase(owner: KeyOwner): Promise<number> {
    const before = this.#records.length;
    this.#records = this.#records.filter((record) => !isOf(owner, record));
    return before - this.#records.length;
  }

  async sweep(): Promise<number> {
    return 0;
  }
}

function isOf({ kind, id }: KeyOwner, { owner }: AuditRecord): boolean {
  return owner.kind === kind && owner.id === id;
}
