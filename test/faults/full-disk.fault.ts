import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../dev/postgres/embedded-postgres.js';
import { SECRET } from '../support/byok-app.js';
import { figures, report } from '../support/fault-report.js';
import { type Instance, startInstance } from '../support/instances.js';
import { mounted } from '../support/mounted.js';

describe('A disk that is full', () => {
  let dataDir: string;
  let small: string;
  let server: EmbeddedPostgres;
  let client: pg.Client;
  let instance: Instance | undefined;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), `byok-test-${process.pid}-`));
    await chmod(dataDir, 0o711);
    small = join(dataDir, 'small');
    await mkdir(small);
    server = await startEmbeddedPostgres({ dataDir });
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
  });
  afterEach(async () => {
    await instance?.stop();
    await client.end();
    await server.stop();
    try {
      execFileSync('umount', [small], { stdio: 'ignore' });
    } catch {
      // It was not mounted.
    }
    await rm(dataDir, { recursive: true, force: true });
  });

  it('refuses new keys with 503, and neither loses nor hides one that is stored', async () => {
    if (!mounted(small, '3m')) {
      process.stdout.write('NOTICE: no file system can be mounted here, the test of a full disk is skipped.\n');
      return;
    }
    const { uid, gid } = statSync(join(dataDir, 'postgres'));
    chownSync(small, uid, gid);
    chmodSync(small, 0o700);
    instance = await startInstance({ secret: SECRET, db: server.url, maxKeysPerUser: 50 });
    await client.query(`CREATE TABLESPACE small LOCATION '${small}'`);
    await client.query('ALTER TABLE user_api_keys SET TABLESPACE small');

    const stored: string[] = [];
    const refusals: string[] = [];
    for (let i = 0; refusals.length < 50 && i < 100_000; i += 25) {
      const users = Array.from({ length: 25 }, (_, n) => `user-${i + n}`);
      const outcomes = await Promise.allSettled(
        users.map((userId) =>
          instance!.call('setKey', { userId }, 'openai', `test-key-of-${userId}-`.padEnd(4_000, 'a-long-one-1f9c-')),
        ),
      );
      for (const [n, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') stored.push(users[n]);
        else refusals.push(String((outcome.reason as Error).message));
      }
    }
    expect(new Set(refusals)).toEqual(new Set(['StorageError: The storage of keys is unavailable. Try again.']));
    expect(stored.length).toBeGreaterThan(100);

    const missing: string[] = [];
    for (const userId of stored) {
      const key = await instance.call<string | null>('getKey', { userId }, 'openai');
      if (!key?.startsWith(`test-key-of-${userId}-`)) missing.push(userId);
    }
    expect(missing).toEqual([]);

    // Room again: the same process goes on.
    await client.query('ALTER TABLE user_api_keys SET TABLESPACE pg_default');
    await instance.call('setKey', { userId: 'after' }, 'openai', 'test-key-of-after-0123456789');
    expect(await instance.call('getKey', { userId: 'after' }, 'openai')).toBe('test-key-of-after-0123456789');
    report({
      id: 'Full disk',
      check: 'writes to a table on a full disk',
      figure: figures({ stored: stored.length, refused: refusals.length, missing: missing.length }),
      bound: '503, 0 missing',
    });
  });
});
