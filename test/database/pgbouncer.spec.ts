import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { ExpiredKeyCleanup } from '../../lib/expiry/expired-key-cleanup.js';
import { EncryptionService, RotationService, StorageError } from '../../lib/index.js';
import { describeKeyStorage } from '../storage/key-storage.contract.js';
import { startByok } from '../support/byok-app.js';
import { findPgBouncer, type PgBouncer, startPgBouncer } from '../support/pgbouncer.js';
import { advisoryLocks, createDatabase, type TestDatabase } from '../support/postgres.js';
import { openDatabaseStorage } from '../support/storage.js';

const KEY = 'an-example-of-an-api-key-1f9c';
/** Fewer than a pool of one instance has, so that its connections take turns on them. */
const SERVERS = 3;

const path = findPgBouncer();
if (!path) process.stdout.write('A pooler by transaction was not tested: there is no pgbouncer here.\n');

(path ? describe : describe.skip)('Behind PgBouncer in transaction mode', () => {
  let bouncer: PgBouncer;
  let database: TestDatabase;

  beforeAll(async () => {
    bouncer = await startPgBouncer(path!, process.env['TEST_POSTGRES_URL']!, SERVERS);
    database = await createDatabase();
  });
  afterAll(async () => {
    await bouncer.stop();
    await database.drop();
  });

  const options = () => ({ db: bouncer.through(database.url), preparedStatements: false });
  const users = Array.from({ length: 60 }, (_, i) => ({ userId: `user-${i}` }));

  if (path) {
    describeKeyStorage('TypeOrmKeyStorage', async () => {
      const own = await createDatabase();
      const { storage, close } = await openDatabaseStorage(own, {
        db: bouncer.through(own.url),
        preparedStatements: false,
      });
      return {
        storage,
        scopeOf: async (owner) => storage.scopeOf({ userId: owner, session: undefined }),
        break: async () => void (await own.query('ALTER TABLE user_api_keys RENAME TO away')),
        mend: async () => void (await own.query('ALTER TABLE away RENAME TO user_api_keys')),
        close: async () => {
          await close();
          await own.drop();
        },
      };
    });
  }

  it('instances that start at once migrate once, read together, rotate and sweep, and leave no lock', async () => {
    const secret = EncryptionService.generateSecret();
    const apps = await Promise.all(Array.from({ length: 3 }, () => startByok({ ...options(), secret })));
    try {
      const [{ byok }, other] = apps;
      expect(await database.query('SELECT name FROM byok_migrations')).toHaveLength(4);
      await Promise.all(users.map((user) => byok.setKey(user, 'openai', `${KEY}-${user.userId}`)));
      const keys = await Promise.all(users.map((user) => other.byok.getKey(user, 'openai')));
      expect(keys).toEqual(users.map(({ userId }) => `${KEY}-${userId}`));

      const rotated = await startByok({ ...options(), secret: [EncryptionService.generateSecret(), secret] });
      apps.push(rotated);
      const rotation = rotated.app.get(RotationService);
      expect(await rotation.rotate({ batchSize: 10 })).toMatchObject({ rotated: 60, remaining: 0 });
      expect(await rotation.verify()).toMatchObject({ ok: true, rows: 60 });
      expect(await rotation.retire(new EncryptionService(secret).keyId.toString('hex'))).toBe(true);
      await database.query(`UPDATE user_api_keys SET expires_at = now() - interval '1 s'`);
      const swept = await Promise.all(apps.map(({ app }) => app.get(ExpiredKeyCleanup).everywhere({ ifFree: true })));
      expect(swept.reduce((sum, n) => sum + n)).toBe(60);
      expect(await advisoryLocks(database)).toEqual([]);
      const servers = await database.query(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nestjs-byok'`,
      );
      expect(servers[0].n).toBeLessThanOrEqual(SERVERS);
    } finally {
      await Promise.all(apps.map((app) => app.close()));
    }
  });

  it('an instance with prepared statements is told what to write instead', async () => {
    const lines: string[] = [];
    const log = (line: unknown) => void lines.push(String(line));
    Logger.overrideLogger({ log: () => undefined, warn: log, error: log });
    try {
      // As it comes, PgBouncer lets no setting pass; where it is told to, it has statements of others.
      await expect(openDatabaseStorage(database, { db: bouncer.through(database.url) })).rejects.toThrow(StorageError);
      expect(lines.splice(0)).toEqual([expect.stringMatching(/ 08P01\. .*option preparedStatements to false/)]);
      const db = { type: 'postgres' as const, url: bouncer.through(database.url), extra: { statement_timeout: 0 } };
      const { storage, close } = await openDatabaseStorage(database, { db });
      const reads = users.flatMap(({ userId }) =>
        [1, 2].map(async () =>
          storage.list(storage.scopeOf({ userId, session: undefined })).catch((error: unknown) => error),
        ),
      );
      const failed = (await Promise.all(reads)).filter((answer) => answer instanceof StorageError);
      await close();
      expect(failed.length).toBeGreaterThan(0);
      expect(lines).toContainEqual(expect.stringMatching(/ (26000|42P05)\. .*option preparedStatements to false/));
    } finally {
      Logger.overrideLogger(false);
    }
  });
});
