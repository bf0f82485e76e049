import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EncryptionService } from '../../lib/index.js';
import { cli, CLI, cliJson, fillTable, keyIdOf, onTerminal, rowsOn, shellCommand, start } from '../support/cli.js';
import type { Running } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const ROWS = 3_000;
const ROTATE = ['rotate', '--batch', '2'];

describe('A rotation from the command line', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let old: string;
  let fresh: string;
  let given: { DATABASE_URL: string; BYOK_SECRET: string };
  let total: number;

  beforeAll(async () => {
    database = await createDatabase();
    let url: string;
    ({ proxy, url } = await TcpProxy.inFrontOf(database.url));
    given = { DATABASE_URL: url, BYOK_SECRET: '' };
    await cli(['migrate'], given);
    await startAnew();
  });
  /** New secrets, and every row on the old one. */
  async function startAnew(rows = ROWS): Promise<void> {
    [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
    given.BYOK_SECRET = `${fresh},${old}`;
    await database.query('TRUNCATE user_api_keys, byok_keyring');
    await fillTable(database, old, rows);
    total = rows;
  }
  afterAll(async () => {
    await proxy.close();
    await database.drop();
  });

  const rotate = () => start(process.execPath, [CLI, ...ROTATE], given);
  const begun = async () => {
    const before = await rowsOn(database, fresh);
    await until(async () => (await rowsOn(database, fresh)) > before);
  };

  /** Whatever happened to the one before, another finishes, and every row opens. */
  async function expectToGoOn(): Promise<void> {
    const moved = await rowsOn(database, fresh);
    expect(moved).toBeGreaterThan(0);
    expect(moved).toBeLessThan(total);
    const { code, json } = await cliJson(['rotate', '--verify'], given);
    expect({ code, rotated: json.rotated, verification: json.verification }).toMatchObject({
      code: 0,
      rotated: total - moved,
      verification: { ok: true, rows: total },
    });
  }

  // Other signals, kills and outages are in test/faults/command-line.fault.ts.
  it('stops cleanly at SIGINT, and once at an echo of it', async () => {
    const running = rotate();
    await begun();
    expect(await commandLine(running)).not.toMatch(new RegExp(`${fresh}|${old}|postgres:`));
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    const { code, signal, stdout, stderr } = await running.ended;
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(stderr).toContain('Stopping after the pages that are under way.');
    const [, moved, left] = /^Moved ([\d,]+) stored keys [^]*Left on older keys: ([\d,]+)\./.exec(stdout)!;
    const number = (text: string) => Number(text.replace(',', ''));
    expect(number(moved) + number(left)).toBe(ROWS);
    expect(stdout).toContain('Start it again to go on from there.');
  });

  it('stops where nobody reads its output any more', async () => {
    const running = rotate();
    await begun();
    running.child.stdout!.destroy();
    running.child.stderr!.destroy();
    running.child.kill('SIGHUP');
    expect(await running.ended).toMatchObject({ code: 1, signal: null });
    const piped = await start('sh', ['-c', `${shellCommand('status')} | head -1`], given).ended;
    expect(piped).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Table user_api_keys: .*\n$/) });
  });

  (existsSync('/dev/full') ? it : it.skip)('fails where what it prints is lost', async () => {
    const lost = await start('sh', ['-c', `${shellCommand('generate-secret')} > /dev/full`], {}).ended;
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be written (ENOSPC)') });
  });

  it('draws a bar on a terminal, however narrow it becomes, and stops at Ctrl-C', async () => {
    // So many that it cannot end before the Ctrl-C.
    await startAnew(10 * ROWS);
    const folder = await mkdtemp(join(tmpdir(), 'byok-cli-'));
    const mark = join(folder, 'narrow');
    const resize = `while [ ! -e ${mark} ]; do sleep 0.05; done; stty cols 30 < /dev/tty`;
    const running = onTerminal(
      `sh -c "stty cols 100; (${resize}) & exec ${shellCommand('rotate --batch 1')}"`,
      given,
      '',
    );
    let seen = '';
    running.child.stdout!.on('data', (text: string) => (seen += text));
    // Without the last, of which a part may have come.
    const frames = () => seen.split('\x1b[2K\x1b[1G').slice(1, -1);
    await until(() =>
      frames().some((text) => /^█+░+ [\d,]+ of [\d,]+ \(\d+%\) · [\d,]+\/s · (\d+ (h|min|s) )+left$/.test(text)),
    );
    await writeFile(mark, '');
    await until(() => (frames().at(-1)?.length ?? 100) <= 29);
    running.child.stdin!.write('\x03');
    const { stdout, code } = await running.ended;
    expect(code).toBe(1);
    expect(stdout).toContain('Start it again to go on from there.');
    await rm(folder, { recursive: true });
  });

  it('finishes what a stopped one has left', async () => {
    await startAnew();
    const running = rotate();
    await begun();
    running.child.kill('SIGINT');
    await running.ended;
    await expectToGoOn();
  });

  it('changes nothing with a wrong secret, or with rights to read only', async () => {
    await startAnew();
    const table = () => database.query(`SELECT md5(string_agg(k::text, '' ORDER BY owner_id)) FROM user_api_keys k`);
    const was = [await table(), await database.query('SELECT * FROM byok_keyring')];
    const wrong = { ...given, BYOK_SECRET: EncryptionService.generateSecret() };
    const refused = await cli(['rotate'], wrong);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`sealed with the key ${keyIdOf(old)}`) });
    expect(await cliJson(['status'], wrong)).toMatchObject({ code: 2, json: { unreadable: ROWS } });

    const reader = `reader_${Date.now()}`;
    await database.query(`CREATE ROLE ${reader} LOGIN PASSWORD 'a-password-of-a-test-7c1e'`);
    try {
      await database.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`);
      const url = Object.assign(new URL(database.url), { username: reader, password: 'a-password-of-a-test-7c1e' });
      const reading = { ...given, DATABASE_URL: url.href };
      expect(await cliJson(['rotate', '--dry-run'], reading)).toMatchObject({ code: 0, json: { rotated: ROWS } });
      expect(await cli(['rotate'], reading)).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^Re-encrypting|role may not do this \(42501\)\.\n.*docs\/operations\.md/m),
      });
      const { json } = await cliJson(['doctor'], reading);
      expect(json.checks).toContainEqual(expect.objectContaining({ name: 'rights', status: 'warn' }));
    } finally {
      await database.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
    }
    expect([await table(), await database.query('SELECT * FROM byok_keyring')]).toEqual(was);
  });

  it('lists the rows that do not open, and says so with status 2', async () => {
    await startAnew(0);
    const lost = EncryptionService.generateSecret();
    await fillTable(database, lost, 2);
    await database.query(`UPDATE user_api_keys SET owner_id = owner_id || E'\\x1b[31m', label = 'work'`);
    await fillTable(database, old, 50);
    const { code, stdout } = await cli(['rotate', '--verify'], given);
    expect(code).toBe(2);
    expect(stdout).toContain('2 stored keys could not be opened');
    const shown = String.raw`user user-0000000\\u\{1b\}\[31m +openai +work +${keyIdOf(lost)}`;
    expect(stdout).toMatch(new RegExp(shown));
    const { json } = await cliJson(['rotate'], given);
    expect(json).toMatchObject({ rotated: 0, remaining: 2, unreadableCount: 2 });
    expect(json.unreadable[0]).toEqual({
      owner: { kind: 'user', id: 'user-0000000\x1b[31m' },
      provider: 'openai',
      label: 'work',
      keyId: keyIdOf(lost),
    });
    expect(await rowsOn(database, lost)).toBe(2);
  });
});

/** What every process of the machine can read; nothing where there is no /proc. */
async function commandLine({ child }: Running): Promise<string> {
  return readFile(`/proc/${child.pid}/cmdline`, 'utf8').catch(() => '');
}
