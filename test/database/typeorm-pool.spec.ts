import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Pool } from 'pg';
import { StorageError } from '../../lib/index.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { makeRecord, openDatabaseStorage } from '../support/storage.js';

const ALICE = { source: 'database' as const, owner: { kind: 'user' as const, id: 'alice' } };
const OPENAI = { provider: 'openai', label: 'default' };
const record = makeRecord('openai');

let database: TestDatabase;
let opened: Awaited<ReturnType<typeof openDatabaseStorage>>;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await createDatabase();
  opened = await openDatabaseStorage(database);
  await opened.storage.put(ALICE, record, 50);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await opened.close();
  await database.drop();
});

const dataSource = () => opened.connection.ready();
const read = async () => (await opened.storage.read(ALICE, [OPENAI]))[0]?.ciphertext;

it('A pool that throws, as one that is watched may, fails as any other, and is not waited for', async () => {
  const { master } = (await dataSource()).driver as unknown as { master: Pool };
  jest.spyOn(master, 'query').mockImplementation(() => {
    throw new Error(`what a driver says of ${record.hint}`);
  });
  const late = jest.spyOn(opened.connection.deadlines, 'clear');
  for (const ask of [read, () => opened.storage.list(ALICE), () => opened.storage.put(ALICE, record, 50)]) {
    await expect(ask()).rejects.toMatchObject({ code: 'BYOK_UNAVAILABLE' });
    await expect(ask()).rejects.toBeInstanceOf(StorageError);
  }
  // Of six statements, and of what counts two of them as slow.
  expect(late.mock.results.filter(({ value }) => value === true)).toHaveLength(8);
});

it('An application may close its connection and open it anew', async () => {
  const connection = await dataSource();
  await connection.destroy();
  await expect(read()).rejects.toBeInstanceOf(StorageError);
  await expect(opened.storage.list(ALICE)).rejects.toBeInstanceOf(StorageError);
  await connection.initialize();
  expect(await read()).toEqual(record.ciphertext);
  expect(await opened.storage.list(ALICE)).toHaveLength(1);
});
