import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EncryptionService, RotationService } from '../../lib/index.js';
import { SECRET, startByok } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const { INT8, JSON: JSON_TEXT, TIMESTAMPTZ } = pg.types.builtins;
const ALICE = { userId: 'alice' };

describe('An application that has pg parse what it reads in its own way', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
    for (const type of [TIMESTAMPTZ, JSON_TEXT]) pg.types.setTypeParser(type, (text) => `text ${text}`);
    pg.types.setTypeParser(INT8, (text) => BigInt(text) as never);
  });
  afterAll(() => database.drop());

  it('is told moments as dates and numbers as numbers all the same', async () => {
    const [{ at }] = await database.query('SELECT now() AS at');
    expect(at).toMatch(/^text /);

    const before = Date.now() - 60_000;
    const old = await startByok({ db: database.url, audit: true });
    await old.byok.setKey(ALICE, 'openai', 'an-example-of-a-key-1', { ttl: 3_600_000 });
    await old.close();
    const secret = [EncryptionService.generateSecret(), SECRET];
    const { app, byok, close } = await startByok({ secret, db: database.url, audit: true });
    try {
      await byok.setKey(ALICE, 'mistral', 'an-example-of-a-key-2', { ttl: 3_600_000 });
      await byok.resolveKey(ALICE, ['openai', 'mistral']);
      const keys = await byok.listKeys(ALICE);
      expect(keys.map(({ provider, status }) => [provider, status])).toEqual([
        ['mistral', 'active'],
        ['openai', 'active'],
      ]);
      const moments = keys.flatMap((key) => [key.createdAt, key.updatedAt, key.expiresAt]);
      moments.push(...(await byok.auditTrail(ALICE)).map((entry) => entry.at));
      expect(moments.length).toBeGreaterThan(6);
      for (const moment of moments) expect(moment?.getTime()).toBeGreaterThan(before);

      const rotation = app.get(RotationService);
      expect(await rotation.rotate()).toMatchObject({ rotated: 1, remaining: 0 });
      const { keys: known } = await rotation.status();
      await rotation.retire(known.find(({ state }) => state === 'old')!.keyId);
      const retired = (await rotation.status()).keys.find(({ state }) => state === 'retired');
      expect(retired?.retiredAt?.getTime()).toBeGreaterThan(before);

      await database.query(`UPDATE user_api_keys SET expires_at = now() - interval '1 second'`);
      expect(await byok.deleteExpired()).toBe(2);
    } finally {
      await close();
    }
  });
});
