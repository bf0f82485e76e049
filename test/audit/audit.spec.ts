import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditLog } from '../../lib/audit/audit-log.js';
import {
  byokEntities,
  type ByokEvent,
  ByokModule,
  type ByokModuleOptions,
  type ByokRequest,
  ConfigurationError,
  createByokMigrations,
} from '../../lib/index.js';
import { type ByokApp, SECRET, startByok, startWith } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { memorySessions } from '../support/sessions.js';
import { until } from '../support/until.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const [ALICE, BOB] = [{ userId: 'alice' }, { userId: 'bob' }];

describe('The audit log', () => {
  let database: TestDatabase;
  let apps: ByokApp[];

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(options: Partial<ByokModuleOptions> = {}): Promise<ByokApp> {
    const app = await startByok({ db: database.url, audit: true, ...options });
    apps.push(app);
    return app;
  }
  const rows = () => database.query('SELECT * FROM byok_audit_log ORDER BY id');
  const requestOf = (id: string | number): ByokRequest => ({ headers: {}, user: { id: 'alice' }, id }) as ByokRequest;

  it('has what happened to a key, newest first, for its owner alone', async () => {
    const { byok } = await start();
    await byok.setKey(requestOf('r-1'), 'openai', KEY);
    await byok.setKey(requestOf(2), 'openai', KEY);
    await byok.getKey(requestOf('r-3'), 'openai');
    await byok.setKey(ALICE, 'old', KEY, { ttl: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await byok.deleteExpired(ALICE);
    await byok.setKey(BOB, 'openai', KEY, { label: 'work' });
    await byok.deleteKey(ALICE, 'openai');
    await database.query(`UPDATE user_api_keys SET ciphertext = '\\x00'`);
    await byok.getKey(BOB, 'openai', { label: 'work' }).catch(() => undefined);

    const trail = await byok.auditTrail(ALICE);
    expect(trail.map(({ action, provider, requestId }) => [action, provider, requestId])).toEqual([
      ['deleted', 'openai', null],
      ['expired', 'old', null],
      ['stored', 'old', null],
      ['used', 'openai', 'r-3'],
      ['replaced', 'openai', '2'],
      ['stored', 'openai', 'r-1'],
    ]);
    expect(trail.at(-1)).toEqual({
      at: expect.any(Date),
      action: 'stored',
      outcome: 'success',
      provider: 'openai',
      label: 'default',
      keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
      source: 'database',
      requestId: 'r-1',
      times: 1,
      actor: null,
    });
    expect(await byok.auditTrail(ALICE, { limit: 2 })).toEqual(trail.slice(0, 2));
    expect(await byok.auditTrail(BOB)).toMatchObject([
      { action: 'decryptFailed', outcome: 'failure', label: 'work' },
      { action: 'stored', outcome: 'success', label: 'work' },
    ]);
    await expect(byok.auditTrail(ALICE, { limit: 0 })).rejects.toThrow('limit must be a whole number of 1 or more');
    expect(JSON.stringify(await rows())).not.toContain(KEY.slice(0, 8));
  });

  it("has a visitor's too, and never the id of the session", async () => {
    const sessions = memorySessions();
    const { byok } = await start();
    const request = await sessions.request();
    await byok.setKey(request, 'openai', KEY);
    expect(await byok.auditTrail(request)).toMatchObject([{ action: 'stored', source: 'session' }]);
    expect(JSON.stringify(await rows())).not.toContain(request.sessionID);
  });

  it('has uses of a second in one entry a key, so that a busy key does not fill it', async () => {
    const { byok } = await start();
    await byok.setKey(ALICE, 'openai', KEY);
    await byok.auditTrail(ALICE);
    await Promise.all(Array.from({ length: 200 }, (_, i) => byok.getKey(requestOf(`r-${i}`), 'openai')));
    await byok.getKey(ALICE, 'openai');
    const [used, ...others] = await byok.auditTrail(ALICE);
    expect(used).toMatchObject({ action: 'used', times: 201, requestId: null });
    expect(others).toHaveLength(1);
    await byok.getKey(ALICE, 'openai');
    expect(await byok.auditTrail(ALICE)).toMatchObject([{ times: 1 }, { times: 201 }, { action: 'stored' }]);
  });

  it('writes by itself within seconds, and what is left at shutdown', async () => {
    const app = await start();
    await app.byok.setKey(ALICE, 'openai', KEY);
    expect(await rows()).toEqual([]);
    await until(async () => (await rows()).length === 1);
    await app.byok.deleteKey(ALICE, 'openai');
    await app.close();
    apps = [];
    expect((await rows()).map(({ action }) => action as string)).toEqual(['stored', 'deleted']);
  });

  it('takes no line breaks, controls or halves of characters from a request, and neither does onEvent', async () => {
    const events: ByokEvent[] = [];
    const { byok } = await start({ onEvent: (event) => void events.push(event) });
    const hostile = `a\r\nadmin logged in\0\u001b[2J\u2028\u202e\ud800${'x'.repeat(500)}`;
    await byok.setKey(requestOf(hostile), 'openai', KEY);
    const [{ requestId }] = await byok.auditTrail(ALICE);
    expect(requestId).toBe(`a\ufffd\ufffdadmin logged in\ufffd\ufffd[2J\ufffd\ufffd\ufffd${'x'.repeat(102)}`);
    expect(events[0].requestId).toBe(requestId);
  });

  it('never fails a request: entries wait while they cannot be written, and are written once', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const { byok, app } = await start();
    const log = app.get(AuditLog);
    await database.query('ALTER TABLE byok_audit_log RENAME TO away');
    await byok.setKey(ALICE, 'openai', KEY);
    await log.flush();
    await log.flush();
    expect(await byok.getKey(ALICE, 'openai')).toBe(KEY);
    await database.query('ALTER TABLE away RENAME TO byok_audit_log');
    await log.flush();
    await log.flush();
    expect((await byok.auditTrail(ALICE)).map(({ action }) => action)).toEqual(['used', 'stored']);
    const said = errors.mock.calls.map(([message]) => String(message));
    expect(said.filter((message) => message.includes('Entries are kept in memory'))).toHaveLength(1);
  });

  it('counts what does not fit, and says so', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockReturnValue(undefined);
    const { app } = await start();
    const log = app.get(AuditLog);
    const event: ByokEvent = {
      type: 'denied',
      at: new Date(),
      owner: { kind: 'user', id: 'alice' },
      provider: 'openai',
      label: 'default',
    };
    await database.query('ALTER TABLE byok_audit_log RENAME TO away');
    for (let i = 0; i < 10_123; i++) log.record(event);
    await log.flush();
    await database.query('ALTER TABLE away RENAME TO byok_audit_log');
    await log.flush();
    expect(await database.query('SELECT count(*)::int FROM byok_audit_log')).toEqual([{ count: 10_000 }]);
    expect(errors.mock.calls.flat()).toContain(
      'The audit log is missing 123 entries, dropped while it could not be written.',
    );
    log.record(event);
    log.record(event);
    await database.query('DROP TABLE byok_audit_log');
    await apps.pop()!.close();
    expect(errors.mock.calls.flat().filter((message) => String(message).includes('missing its last'))).toEqual([
      'The audit log is missing its last 2 entries: it could not be written before the shutdown.',
    ]);
  });

  it('has every key of a sweep that removes more than may wait for the database', async () => {
    const { byok } = await start();
    await byok.setKey(ALICE, 'openai', KEY, { label: 'template' });
    await database.query(`INSERT INTO user_api_keys (owner_kind, owner_id, provider, label, key_id, ciphertext, hint, fingerprint, expires_at)
      SELECT owner_kind, 'old-' || n, provider, 'default', key_id, ciphertext, hint, fingerprint, now() - interval '1 second'
      FROM user_api_keys, generate_series(1, 12000) n`);
    const errors = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    expect(await byok.deleteExpired()).toBe(12_000);
    expect(await byok.auditTrail(ALICE)).toHaveLength(1);
    expect(await database.query(`SELECT count(*)::int FROM byok_audit_log WHERE action = 'expired'`)).toEqual([
      { count: 12_000 },
    ]);
    expect(errors).not.toHaveBeenCalled();
  });

  it('keeps entries as long as it is told to', async () => {
    const { byok } = await start({ audit: { retentionDays: 30 } });
    const { byok: forEver } = await start();
    await byok.setKey(ALICE, 'openai', KEY);
    await byok.auditTrail(ALICE);
    await database.query(`INSERT INTO byok_audit_log SELECT gen_random_uuid(), now() - n * interval '1 day', owner_kind, owner_id,
      action, outcome, provider, label, key_id, source, request_id, times FROM byok_audit_log, generate_series(29, 31, 2) n`);
    await forEver.deleteExpired();
    expect(await byok.auditTrail(ALICE)).toHaveLength(3);
    await byok.deleteExpired();
    expect(await byok.auditTrail(ALICE)).toHaveLength(2);
  });

  it('is off unless asked for, and needs a database', async () => {
    const { byok } = await start({ audit: false });
    await byok.setKey(ALICE, 'openai', KEY);
    await expect(byok.auditTrail(ALICE)).rejects.toThrow(ConfigurationError);
    await apps.pop()!.close();
    expect(await rows()).toEqual([]);
    for (const [options, message] of [
      [{ db: undefined, storage: 'session' }, 'audit needs a database'],
      [{ audit: { days: 3 } as object }, 'There is no option "audit.days"'],
      [{ audit: { retentionDays: 0 } }, 'audit.retentionDays must be a whole number of 1 or more (days, or null)'],
      [{ audit: 'yes' as unknown as boolean }, 'audit must be an object of options'],
    ] as [Partial<ByokModuleOptions>, string][]) {
      await expect(start(options)).rejects.toThrow(message);
    }
  });

  it("is asked for at start on a connection of the application's", async () => {
    const connection = TypeOrmModule.forRoot({
      type: 'postgres',
      url: database.url,
      entities: byokEntities,
      migrations: createByokMigrations('user_api_keys'),
      migrationsRun: true,
      retryAttempts: 0,
    });
    const join = (audit: boolean) => startWith(connection, ByokModule.forRoot({ secret: SECRET, db: {}, audit }));
    apps.push(await join(true));
    await database.query('DROP TABLE byok_audit_log');
    await expect(join(true)).rejects.toThrow('the table byok_audit_log is missing');
    apps.push(await join(false));
  });

  describe('and what is stored about a user', () => {
    it('are erased together, and leave nothing behind', async () => {
      const events: ByokEvent[] = [];
      const { byok, app } = await start({ onEvent: (event) => void events.push(event) });
      await byok.setKey(ALICE, 'openai', KEY);
      await byok.setKey(ALICE, 'openai', KEY, { label: 'work' });
      await byok.setKey(BOB, 'openai', KEY);
      await app.get(AuditLog).flush();
      await byok.getKey(ALICE, 'openai');
      expect(await byok.eraseUser('alice')).toEqual({ keys: 2, auditEntries: 3 });
      await app.get(AuditLog).flush();
      for (const table of ['user_api_keys', 'byok_audit_log']) {
        expect(await database.query(`SELECT DISTINCT owner_id FROM ${table}`)).toEqual([{ owner_id: 'bob' }]);
      }
      expect(events.slice(-2)).toMatchObject([{ type: 'deleted' }, { type: 'deleted', label: 'work' }]);
      expect(await byok.eraseUser('alice')).toEqual({ keys: 0, auditEntries: 0 });
      await expect(byok.eraseUser('')).rejects.toMatchObject({ code: 'BYOK_USER_REQUIRED' });
    });

    it('are given out without secrets', async () => {
      const { byok } = await start();
      await byok.setKey(ALICE, 'openai', KEY, { fields: { region: 'the-region-eu' } });
      await byok.getKey(ALICE, 'openai');
      await byok.setKey(BOB, 'openai', KEY);
      const metadata = await byok.exportMetadata('alice');
      expect(metadata).toEqual({
        userId: 'alice',
        exportedAt: expect.any(Date),
        keys: await byok.listKeys(ALICE),
        auditEntries: await byok.auditTrail(ALICE),
      });
      expect(metadata.keys).toHaveLength(1);
      expect(metadata.auditEntries).toHaveLength(2);
      expect(JSON.stringify(metadata)).not.toMatch(/an-example|the-region/);
      expect(JSON.stringify(metadata)).toContain('"hint":"…1f9c"');
    });

    it('are empty where there is neither a database nor a log', async () => {
      const app = await startByok({});
      apps.push(app);
      expect(await app.byok.exportMetadata('alice')).toMatchObject({ userId: 'alice', keys: [], auditEntries: [] });
      expect(await app.byok.eraseUser('alice')).toEqual({ keys: 0, auditEntries: 0 });
    });
  });
});
