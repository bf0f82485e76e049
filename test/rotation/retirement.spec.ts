import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Module, Put } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  ByokModule,
  ByokService,
  ConfigurationError,
  EncryptionService,
  InvalidInputError,
  RetirementError,
  RotationService,
} from '../../lib/index.js';
import { registeredKeysSql } from '../../lib/keyring/keyring-table.js';
import { type ByokApp, startByok } from '../support/byok-app.js';
import { advisoryLocks, createDatabase, type TestDatabase } from '../support/postgres.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const [ALICE, BOB] = [{ userId: 'alice' }, { userId: 'bob' }];

describe('A key', () => {
  let database: TestDatabase;
  let apps: ByokApp[];
  let [old, fresh] = ['', ''];

  beforeEach(async () => {
    database = await createDatabase();
    apps = [];
    [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    await database.drop();
  });

  async function start(secret: string | string[]) {
    const app = await startByok({ secret, db: database.url });
    apps.push(app);
    return { byok: app.byok, rotation: app.app.get(RotationService) };
  }

  const idOf = (secret: string) => new EncryptionService(secret).keyId.toString('hex');
  const keyring = async () => {
    const sql = `SELECT encode(key_id, 'hex') AS id, false AS retired FROM byok_keyring
      UNION ALL SELECT encode(key_id, 'hex'), true FROM byok_retired_keys`;
    return Object.fromEntries((await database.query(sql)).map(({ id, retired }) => [id, retired])) as object;
  };

  it('is not retired while one row is left, and is when there is none', async () => {
    const late = await start([old, fresh]);
    await late.byok.setKey(ALICE, 'openai', KEY);
    const { byok, rotation } = await start([fresh, old]);
    await rotation.rotate();
    await late.byok.setKey(BOB, 'openai', KEY);

    await expect(rotation.retire(idOf(old))).rejects.toThrow(RetirementError);
    await expect(rotation.retire(idOf(old))).rejects.toThrow(/still sealed with the key [0-9a-f]{16}.*Rotate first/);
    expect(await keyring()).toEqual({ [idOf(old)]: false, [idOf(fresh)]: false });

    await rotation.rotate();
    expect(await rotation.retire(idOf(old).toUpperCase())).toBe(true);
    expect(await keyring()).toEqual({ [idOf(old)]: true, [idOf(fresh)]: false });
    expect(await rotation.retire(idOf(old))).toBe(false);
    expect((await rotation.status()).keys).toContainEqual({
      keyId: idOf(old),
      state: 'retired',
      rows: 0,
      secretKnown: true,
      retiredAt: expect.any(Date),
    });
    expect(await byok.getKey(BOB, 'openai')).toBe(KEY);
  });

  it('is refused to a late writer once it is retired, which then stores nothing', async () => {
    const late = await start([old, fresh]);
    await late.byok.setKey(ALICE, 'openai', KEY);
    const { rotation } = await start([fresh, old]);
    await rotation.rotate();
    await rotation.retire(idOf(old));
    const before = await database.query('SELECT * FROM user_api_keys');

    await expect(late.byok.setKey(ALICE, 'openai', KEY)).rejects.toMatchObject({
      code: 'BYOK_UNAVAILABLE',
      reason: '23503',
    });
    await expect(late.byok.setKey(BOB, 'openai', KEY)).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE' });
    expect(await database.query('SELECT * FROM user_api_keys')).toEqual(before);
    // It reads on, and is refused its start the next time.
    expect(await late.byok.getKey(ALICE, 'openai')).toBe(KEY);
    await expect(start([old, fresh])).rejects.toThrow(ConfigurationError);
    await expect(start([old, fresh])).rejects.toThrow('is retired and must not seal again');
    expect(await keyring()).toEqual({ [idOf(old)]: true, [idOf(fresh)]: false });
  });

  it('of a late writer answers 503 over HTTP, and the log says what to do', async () => {
    @Controller('byok-test')
    class TestController {
      constructor(private readonly byok: ByokService) {}

      @Put()
      async put() {
        await this.byok.setKey(ALICE, 'openai', KEY);
      }
    }
    @Module({
      imports: [ByokModule.forRoot({ secret: [old, fresh], db: database.url })],
      controllers: [TestController],
    })
    class LateModule {}
    const lines: string[] = [];
    const log = (line: unknown) => void lines.push(String(line));
    const late = await NestFactory.create(LateModule, { logger: false, abortOnError: false });
    try {
      await late.listen(0, '127.0.0.1');
      const { rotation } = await start([fresh, old]);
      await rotation.retire(idOf(old));
      // There is one for the process, and each start has set it.
      late.useLogger({ log, error: log, warn: log });
      const { port } = late.getHttpServer().address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/byok-test`, { method: 'PUT' });
      expect(answer.status).toBe(503);
      const text = await answer.text();
      expect(JSON.parse(text)).toMatchObject({ statusCode: 503, code: 'BYOK_UNAVAILABLE' });
      expect(text).not.toMatch(/23503|retired|user_api_keys|alice/);
      const logged = lines.join('\n');
      expect(logged).toContain('Postgres rejected a key encrypted with a retired secret (23503)');
      expect(logged).toContain('Restart it with the newest secret first.');
      expect(logged).not.toMatch(/alice|1f9c/);
    } finally {
      late.useLogger(false);
      await late.close();
    }
  });

  it('is not put back by an instance that starts while it is being retired', async () => {
    await start([old, fresh]);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      // A retirement that is not committed yet.
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock(7267002)');
      await client.query('DELETE FROM byok_keyring WHERE key_id = $1', [Buffer.from(idOf(old), 'hex')]);
      await client.query('INSERT INTO byok_retired_keys (key_id) VALUES ($1)', [Buffer.from(idOf(old), 'hex')]);
      const starting = start([old, fresh]);
      starting.catch(() => undefined);
      while ((await advisoryLocks(database)).every(({ granted }) => granted)) await sleep(20);
      await client.query('COMMIT');
      await expect(starting).rejects.toThrow('is retired and must not seal again');
    } finally {
      await client.end();
    }
    expect(await keyring()).toEqual({ [idOf(old)]: true });
  });

  it('that seals is never retired', async () => {
    const { rotation } = await start([fresh, old]);
    await expect(rotation.retire(idOf(fresh))).rejects.toThrow(RetirementError);
    expect(await keyring()).toEqual({ [idOf(fresh)]: false });
  });

  it('is looked for in the rows by way of the index, however large the table and few the keys', async () => {
    const { byok } = await start(old);
    await byok.setKey({ userId: 'alice' }, 'openai', KEY);
    await database.query(`INSERT INTO user_api_keys (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint)
      SELECT owner_kind, 'user-' || n, provider, key_id, ciphertext, hint, fingerprint
      FROM user_api_keys, generate_series(1, 20000) n`);
    await database.query('ANALYZE user_api_keys');
    const plan = async (sql: string) => JSON.stringify(await database.query(`EXPLAIN ${sql}`));
    expect(await plan(registeredKeysSql('user_api_keys'))).toContain('user_api_keys_key_id');
    // What one would write.
    const exists = 'EXISTS (SELECT 1 FROM user_api_keys k WHERE k.key_id = r.key_id)';
    expect(await plan(`SELECT ${exists} FROM byok_keyring r`)).toContain('Seq Scan on user_api_keys');
  });

  it('that nobody knows is not retired, nor one that was never in front: it may be the next', async () => {
    const { rotation } = await start([old, fresh]);
    await expect(rotation.retire('0123456789abcdef')).rejects.toThrow(InvalidInputError);
    for (const id of ['', '0123', 'x'.repeat(16)]) await expect(rotation.retire(id)).rejects.toThrow(InvalidInputError);
    await expect(rotation.retire(idOf(fresh))).rejects.toThrow(RetirementError);
    const { keys } = await rotation.status();
    expect(keys.map(({ keyId, state }) => [keyId, state])).toEqual([
      [idOf(old), 'current'],
      [idOf(fresh), 'unused'],
    ]);
    await start([fresh, old]);
  });
});
