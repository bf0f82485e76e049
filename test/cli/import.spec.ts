import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByokApp, SECRET, startByok } from '../support/byok-app.js';
import { CLI, cli, start } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const keyOf = (name: string) => `an-example-key-of-${name}-1f9c`;
let next = 0;
const someone = () => `user-${next++}`;

describe('npx nestjs-byok import', () => {
  let database: TestDatabase;
  let app: ByokApp;
  let given: { DATABASE_URL: string; BYOK_SECRET: string };
  let folder: string;

  beforeAll(async () => {
    database = await createDatabase();
    app = await startByok({ secret: SECRET, db: database.url });
    given = { DATABASE_URL: database.url, BYOK_SECRET: SECRET };
    folder = await mkdtemp(join(tmpdir(), 'byok-import-'));
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  async function file(content: string | Buffer): Promise<string> {
    const path = join(folder, `${next++}`);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }
  async function run(content: string | Buffer, ...args: string[]) {
    const { code, stdout, stderr } = await cli(['import', await file(content), '--json', ...args], given);
    return { code, stderr, json: JSON.parse(stdout) };
  }
  const csv = (content: string | Buffer, ...args: string[]) => run(content, '--format', 'csv', ...args);
  const stored = async () => (await database.query('SELECT count(*)::int AS n FROM user_api_keys'))[0].n as number;
  const line = (userId: unknown, more: object = {}) =>
    JSON.stringify({ userId, provider: 'openai', apiKey: keyOf(String(userId)), ...more });

  it('takes lines of JSON from standard input, and reports each that it did not take', async () => {
    const [a, b] = [someone(), someone()];
    const lines = [
      `\ufeff${line(a, { label: 'work', createdAt: '2021-01-02T03:04:05Z', expiresAt: null })}\r`,
      '',
      line(b, { apiKey: `short` }),
      'not json',
      line(b, { createdAt: '2021-01-02 03:04:05.678+00' }),
    ];
    const running = start(process.execPath, [CLI, 'import'], given, lines.join('\n'));
    running.child.stdin!.end();
    const { code, stdout, stderr } = await running.ended;
    expect(stderr).toBe(
      'Line 3: not taken. A key has at least 8 characters. Copy it again, whole.\n' +
        'Line 4: not taken. The line is not a JSON object.\n',
    );
    expect(stdout).toMatch(
      /^Imported 4 lines in \d+\.\d s \([\d,]+\/s\)\.\nStored: 2\. Replaced: 0\. Skipped, already stored: 0\. Not taken: 2\.\n$/,
    );
    expect(code).toBe(2);
    expect(await app.byok.resolveKey({ userId: a }, 'openai')).toMatchObject({ label: 'work', apiKey: keyOf(a) });
    expect((await app.byok.listKeys({ userId: a }))[0].createdAt).toEqual(new Date('2021-01-02T03:04:05Z'));
    expect((await app.byok.listKeys({ userId: b }))[0].createdAt).toEqual(new Date('2021-01-02T03:04:05.678Z'));
  });

  it('skips, replaces, or writes nothing', async () => {
    const a = someone();
    expect(await run(line(a), '--dry-run')).toMatchObject({ code: 0, json: { dryRun: true, stored: 1 } });
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBeNull();
    expect(await run(line(a))).toMatchObject({ code: 0, json: { stored: 1, skipped: 0, refused: [] } });
    expect(await run(line(a))).toMatchObject({ code: 0, json: { stored: 0, skipped: 1 } });
    const other = line(a, { apiKey: keyOf('other') });
    expect(await run(other, '--on-conflict', 'replace')).toMatchObject({ code: 0, json: { replaced: 1 } });
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBe(keyOf('other'));
    expect(await run('')).toMatchObject({ code: 0, json: { stored: 0, refused: [] } });
  });

  it('takes CSV with quotes, line breaks, fields and empty cells', async () => {
    const [a, b, c] = [someone(), someone(), someone()];
    const pem = '{\n  "type": "x",\r\n  "say": "a ""quote"""\n}'.replaceAll('""', '\\"');
    const rows = [
      '\ufeffuserId,provider,apiKey,label,expiresAt,fields.region,createdAt',
      `${a},openai,${keyOf(a)},,2090-01-01T00:00:00Z,north,2021-01-01T00:00:00+02:00`,
      '',
      `"${b}","vertex","${pem.replaceAll('"', '""')}","with ""quotes"", and a comma",,,`,
      `${c},openai,short,,,,`,
      `${c},openai,too,few`,
      `${c},openai,${keyOf(c)},,2090-02-31T00:00:00Z,,`,
      `${c},openai,${keyOf(c)},,tomorrow,,`,
      `${c},openai,${keyOf(c)},,,,`,
    ];
    const providers = await file('');
    await writeFile(`${providers}.mjs`, `export default { vertex: { keyFormat: 'json' } };`, { mode: 0o600 });
    const { code, json } = await csv(rows.join('\r\n'), '--providers-module', `${providers}.mjs`);
    expect(json.refused.map((each: { line: number }) => each.line)).toEqual([8, 9, 10, 11]);
    expect(json.refused.map((each: { reason: string }) => each.reason)).toEqual([
      'A key has at least 8 characters. Copy it again, whole.',
      'The line has 4 values, not 7.',
      'expiresAt must be a date with a time and a zone: 2030-01-31T12:00:00Z.',
      'expiresAt must be a date with a time and a zone: 2030-01-31T12:00:00Z.',
    ]);
    expect([code, json.stored]).toEqual([2, 3]);
    const found = await app.byok.resolveKey({ userId: a }, 'openai');
    expect([found?.fields, found?.expiresAt]).toEqual([{ region: 'north' }, new Date('2090-01-01T00:00:00Z')]);
    const other = await app.byok.resolveKey({ userId: b }, 'vertex');
    expect([other?.label, other?.apiKey]).toEqual(['with "quotes", and a comma', pem]);
  });

  it('stops at CSV that cannot be read any further, after what came before', async () => {
    const [a, b] = [someone(), someone()];
    const head = 'userId,provider,apiKey\n';
    const faults: [string, string][] = [
      [`${head}${a},openai,${keyOf(a)}\n${b},openai,"${keyOf(b)}\n${b},openai,${keyOf(b)}\n`, 'CSV_QUOTE_NOT_CLOSED'],
      [`${head}${b},openai,"${keyOf(b)}"x\n`, 'CSV_INVALID_CLOSING_QUOTE'],
      [`${head}${b},openai,${'x'.repeat(2 ** 21)}\n`, 'CSV_MAX_RECORD_SIZE'],
      [`${a},openai,${keyOf(a)}\n`, 'must name the columns'],
      [`userId,apiKey,apiKey\n`, 'must name the columns'],
    ];
    for (const [content, message] of faults) {
      const path = await file(content);
      const { code, stderr, stdout } = await cli(['import', path, '--format', 'csv'], given);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
      expect(stderr + stdout).not.toContain('an-example');
    }
    expect(await app.byok.getKey({ userId: a }, 'openai')).toBe(keyOf(a));
    expect(await app.byok.getKey({ userId: b }, 'openai')).toBeNull();
  });

  it('is not led astray by hostile lines', async () => {
    const fine = someone();
    const secret = keyOf('secret-in-a-bad-line');
    const bad: (string | Buffer)[] = [
      'x'.repeat(3 * 1024 * 1024),
      Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]),
      `{"userId":"${someone()}","provider":"openai","apiKey":"${secret}"`,
      `["${secret}"]`,
      `"${secret}"`,
      'null',
      line('x', { [secret]: 1 }),
      line('x', { fields: { [secret.replaceAll('-', '_')]: 1 } }),
      `{"__proto__":{"userId":"x"},"provider":"openai","apiKey":"${secret}"}`,
      line('x', { fields: { ['__proto__']: 'x', constructor: 'y' } }),
      line(1.5),
      line(null),
      line(true),
      line({ toHexString: 1 }),
      line(12345678901234567890n.toString() + '\u0000'),
      line('x', { apiKey: { toString: secret } }),
      line('x', { provider: ['openai'] }),
      line('x', { expiresAt: 1_900_000_000_000 }),
      line('x', { createdAt: '2999-01-01T00:00:00Z' }),
      '\u0000'.repeat(100),
    ];
    const newline = Buffer.from('\n');
    const content = Buffer.concat([...bad.flatMap((each) => [Buffer.from(each), newline]), Buffer.from(line(fine))]);
    const before = await stored();
    const { code, json, stderr } = await run(content);
    expect(json.refused.map((each: { line: number }) => each.line)).toEqual(bad.map((_, i) => i + 1));
    expect(JSON.stringify(json) + stderr).not.toContain('secret');
    expect([code, json.stored, await stored()]).toEqual([2, 1, before + 1]);
    for (const format of ['ndjson', 'csv']) {
      const wide = await run(Buffer.from(`\ufeff${line(fine)}`, 'utf16le'), '--format', format);
      expect(wide).toMatchObject({ code: 1 });
    }
  });

  it('goes on where a killed one was, and stops cleanly at a signal', async () => {
    const all = Array.from({ length: 6_000 }, (_, n) => line(`crowd-${n}`));
    const before = await stored();
    const pipe = (lines: string[]) => start(process.execPath, [CLI, 'import'], given, `${lines.join('\n')}\n`);
    const killed = pipe(all.slice(0, 3_500));
    await until(async () => (await stored()) > before);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const first = (await stored()) - before;
    expect(first).toBeLessThan(6_000);
    const stopped = pipe(all.slice(0, 5_000));
    await until(async () => (await stored()) - before >= Math.max(first, 4_000));
    stopped.child.kill('SIGINT');
    const { code, stdout, stderr } = await stopped.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('Stopping after the keys that were read.');
    expect(stdout).toContain('Stopped before the end. Start it again to go on from there.');
    const { json } = await run(all.join('\n'));
    expect(json.stored + json.skipped).toBe(6_000);
    expect((await stored()) - before).toBe(6_000);
    expect(await app.byok.getKey({ userId: 'crowd-5999' }, 'openai')).toBe(keyOf('crowd-5999'));
  });

  it('says what is wrong with how it is called', async () => {
    const path = await file(line(someone()));
    const wrong = (...args: string[]) => cli(['import', ...args], given);
    expect(await wrong(join(folder, 'none'))).toMatchObject({ code: 1, stderr: expect.stringContaining('(ENOENT)') });
    expect(await wrong(folder)).toMatchObject({ code: 1, stderr: expect.stringContaining('(EISDIR)') });
    expect(await wrong(path, '--format', 'xml')).toMatchObject({ code: 1 });
    expect(await wrong(path, '--on-conflict', 'merge')).toMatchObject({ code: 1 });
    if (process.platform === 'win32') return;
    await chmod(path, 0o644);
    expect((await wrong(path)).stderr).toContain('by every user of the machine');
  });
});
