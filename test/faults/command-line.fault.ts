import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { EncryptionService } from '../../lib/index.js';
import { cli, CLI, cliJson, fillTable, rowsOn, start, until } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const ROWS = 3_000;
const ROTATE = ['rotate', '--batch', '2'];

describe('A rotation from the command line', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let fresh: string;
  let given: { DATABASE_URL: string; BYOK_SECRET: string };

  beforeAll(async () => {
    database = await createDatabase();
    const { proxy: through, url } = await TcpProxy.inFrontOf(database.url);
    proxy = through;
    given = { DATABASE_URL: url, BYOK_SECRET: '' };
    await cli(['migrate'], given);
  });
  beforeEach(async () => {
    const [old, next] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
    fresh = next;
    given.BYOK_SECRET = `${fresh},${old}`;
    await database.query('TRUNCATE user_api_keys, byok_keyring');
    await fillTable(database, old, ROWS);
  });
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  it('goes on by itself when the database comes back', async () => {
    const running = start(process.execPath, [CLI, ...ROTATE], given);
    await until(async () => (await rowsOn(database, fresh)) > 0);
    const { target } = proxy;
    proxy.target = 1;
    for (const connection of [...proxy.connections]) connection.cut();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(running.child.exitCode).toBeNull();
    const refused = await cli(['status'], given);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/cannot be used\. [^]*ECONNRESET/) });
    proxy.target = target;
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
    expect(await rowsOn(database, fresh)).toBe(ROWS);
  });

  it('shares the work with a second one', async () => {
    const both = await Promise.all([cliJson(ROTATE, given), cliJson(ROTATE, given)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.reduce((sum, { json }) => sum + json.rotated, 0)).toBe(ROWS);
    expect(await rowsOn(database, fresh)).toBe(ROWS);
  });
});
