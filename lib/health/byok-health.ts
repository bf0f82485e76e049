import { Inject, Injectable } from '@nestjs/common';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { EncryptionService } from '../crypto/index.js';
import { ByokDatabase, OWN_MIGRATIONS_TABLE, recordOf, schemaState } from '../database/index.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';
import { inspectKeyring, KeyringTable, KeyWrapperHealth } from '../keyring/index.js';
import type { ByokHealthReport } from './health-report.interface.js';

/** Milliseconds. Probes usually time out after a few seconds. */
const DEFAULT_TIMEOUT = 2_000;

/**
 * Whether this instance can serve keys, for a readiness probe. With `@nestjs/terminus`, see `ByokHealthIndicator` of
 * `nestjs-byok/terminus`. Do not use it as a liveness probe: a restart does not fix a database.
 *
 * @example
 * ```ts
 * @Get('ready')
 * async ready() {
 *   const report = await this.health.check();
 *   if (!report.healthy) throw new ServiceUnavailableException(report);
 *   return report;
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class ByokHealth {
  /** @internal */
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly wrappers: KeyWrapperHealth,
    private readonly encryption: EncryptionService,
    private readonly database: ByokDatabase,
    private readonly registry: KeyringTable,
  ) {}

  /**
   * Checks everything within the timeout. Never rejects.
   *
   * @param options - `timeout` in milliseconds, 2,000 by default.
   */
  async check({ timeout = DEFAULT_TIMEOUT }: { timeout?: number } = {}): Promise<ByokHealthReport> {
    const checks: ByokHealthReport['checks'] = { keys: this.wrappers.isReady ? 'up' : 'down' };
    if (this.options.storage !== 'session') Object.assign(checks, await this.#checkDatabase(timeout));
    return { healthy: Object.values(checks).every((state) => state === 'up'), checks };
  }

  async #checkDatabase(timeout: number): Promise<ByokHealthReport['checks']> {
    const until = performance.now() + timeout;
    const isUp = async (work: (within: number) => Promise<boolean>) =>
      (await work(Math.max(1, until - performance.now())).catch(() => false)) ? 'up' : 'down';
    const database = await isUp(async (within) => {
      await this.database.query({ text: 'SELECT 1', values: [] }, within);
      return true;
    });
    // Nothing else can be known.
    if (database === 'down') return { database };
    const migrations = await isUp(async (within) => {
      const ask = <R extends object>(text: string, values: unknown[]) =>
        this.database.query<R>({ text, values }, within);
      // The command line may have run them for a connection that has others of its own.
      const records = [recordOf(await this.database.ready()), OWN_MIGRATIONS_TABLE];
      const { missing, pending } = await schemaState(ask, this.options.tableName, records);
      return missing.length === 0 && !pending?.length;
    });
    // While the roots are waited for, their keys open nothing, which is told already.
    if (!this.wrappers.isReady) return { database, migrations };
    return {
      database,
      migrations,
      canary: await isUp(async (within) => {
        const registered = await this.registry.registered(within);
        const { missing, altered } = inspectKeyring(registered, [], this.encryption);
        return missing.length + altered.length === 0;
      }),
    };
  }
}
