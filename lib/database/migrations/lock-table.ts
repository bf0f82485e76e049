import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';

/** SQLSTATE of a lock that was not given in time, and of two that wait for each other. */
const NOT_NOW = ['55P03', '40P01'];

/** Bounds of the wait for a lock. @internal */
export interface LockPatience {
  /** Milliseconds that readers are held up at most by each attempt. */
  within: number;
  /** Milliseconds between two attempts. */
  pause: number;
  attempts: number;
}

/**
 * Takes the lock that excludes everybody, for the rest of the transaction. Readers wait for it too while it is waited for,
 * so nobody is let wait for long: a dump that is under way would hold up everything.
 *
 * @internal
 */
export async function lockTable(
  runner: QueryRunner,
  table: string,
  { within, pause, attempts }: LockPatience,
): Promise<void> {
  const [{ before }] = (await runner.query(`SELECT current_setting('lock_timeout') AS before`)) as [{ before: string }];
  await runner.query(`SET LOCAL lock_timeout = ${within}`);
  for (let attempt = 1; ; attempt++) {
    await runner.query('SAVEPOINT byok_lock');
    try {
      await runner.query(`LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`);
      await runner.query(`SET LOCAL lock_timeout = '${before}'`);
      return;
    } catch (error) {
      if (attempt === attempts || !NOT_NOW.includes((error as { code?: string }).code ?? '')) throw error;
      await runner.query('ROLLBACK TO SAVEPOINT byok_lock');
      await sleep(pause);
    }
  }
}
