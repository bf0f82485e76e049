import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EncryptionService } from '../../lib/index.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../dev/postgres/embedded-postgres.js';
import { CLI, cli, cliJson, type Ended, fillTable, rowsOn, type Running, shellCommand, start } from '../support/cli.js';
import { figures, report } from '../support/fault-report.js';
import { mounted } from '../support/mounted.js';
import type { TestDatabase } from '../support/postgres.js';
import { countIntact } from '../support/rotation-kills.js';
import { startRunner } from '../support/rotation-runner.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const ROWS = process.env['FAULTS'] === 'short' ? 1_000 : 3_000;
const ROTATE = ['rotate', '--batch', '2'];
const CLEAN = { code: 1, signal: null };
const DONE = { code: 0, signal: null };
const LOST_WORKER = new URL('../support/lost-worker.mjs', import.meta.url).href;

/** What is done to a rotation that has begun, and how it ends then. */
type Interruption = [
  name: string,
  interrupt: (running: Running) => Promise<unknown>,
  end: Pick<Ended, 'code' | 'signal'>,
];

describe('A rotation from the command line that is interrupted', () => {
  let dataDir: string;
  let server: EmbeddedPostgres;
  let client: pg.Pool;
  let database: TestDatabase;
  let proxy: TcpProxy;
  let fresh: string;
  let old: string;
  let given: { DATABASE_URL: string; BYOK_SECRET: string };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), `byok-test-${process.pid}-`));
    await chmod(dataDir, 0o711);
    server = await startEmbeddedPostgres({ dataDir });
    const through = await TcpProxy.inFrontOf(server.url);
    proxy = through.proxy;
    given = { DATABASE_URL: through.url, BYOK_SECRET: '' };
    await connect();
    await cli(['migrate'], given);
  });
  beforeEach(async () => {
    [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
    given.BYOK_SECRET = `${fresh},${old}`;
    await client.query('TRUNCATE user_api_keys, byok_keyring');
    await fillTable(database, old, ROWS);
  });
  afterEach(() => proxy.thaw());
  afterAll(async () => {
    await client.end();
    await proxy.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function connect(): Promise<void> {
    client = new pg.Pool({ connectionString: server.url, max: 2 });
    client.on('error', () => undefined);
    const query = async (sql: string, params?: unknown[]) => (await client.query(sql, params)).rows as never[];
    database = { url: server.url, query, drop: async () => undefined };
  }
  const rotate = (...before: string[]) => start(process.execPath, [...before, CLI, ...ROTATE], given);
  const moved = () => rowsOn(database, fresh);
  const cutAll = () => [...proxy.connections].forEach((connection) => connection.cut());
  const kill =
    (...signals: NodeJS.Signals[]) =>
    async ({ child }: Running) => {
      for (const [i, name] of signals.entries()) {
        // A second one within half a second is taken for an echo of the first.
        if (i > 0) await sleep(700);
        child.kill(name);
      }
    };

  /** Another finishes what it has left, and each row opens with the new secret alone, and holds what it held. */
  async function expectToGoOn(name: string, left: number, ended: Pick<Ended, 'code' | 'signal'>): Promise<void> {
    const { code, json } = await cliJson(['rotate', '--verify'], given);
    const found = await countIntact(server.url, fresh);
    report({
      id: 'Interrupted',
      check: name,
      figure: figures({
        moved: ROWS - left,
        ended: String(ended.signal ?? ended.code),
        'by the next run': json.rotated,
        intact: found.intact,
        'on the old key': found.onOldKey,
      }),
      bound: `${ROWS} intact, 0 on the old key`,
    });
    expect({ code, rotated: json.rotated, ok: json.verification.ok }).toEqual({ code: 0, rotated: left, ok: true });
    expect(found).toEqual({ intact: ROWS, onOldKey: 0, touched: 0 });
  }

  const interruptions: Interruption[] = [
    ['Ctrl-C (SIGINT) once', kill('SIGINT'), CLEAN],
    [
      'Ctrl-C twice, the database silent',
      async (running) => {
        proxy.freeze();
        await kill('SIGINT', 'SIGINT')(running);
      },
      { code: null, signal: 'SIGINT' },
    ],
    ['SIGTERM', kill('SIGTERM'), CLEAN],
    ['SIGHUP', kill('SIGHUP'), CLEAN],
    ['kill -9', kill('SIGKILL'), { code: null, signal: 'SIGKILL' }],
    [
      'SIGSTOP, and SIGCONT five seconds later',
      async ({ child }) => {
        child.kill('SIGSTOP');
        await sleep(5_000);
        child.kill('SIGCONT');
      },
      DONE,
    ],
    [
      'its connections cut in the middle of statements',
      async () => {
        for (let i = 0; i < 10; i++) {
          cutAll();
          await sleep(50);
        }
      },
      DONE,
    ],
    [
      'its database away for some seconds',
      async (running) => {
        const { target } = proxy;
        proxy.target = 1;
        cutAll();
        await sleep(2_000);
        expect(running.child.exitCode).toBeNull();
        expect(await cli(['status'], given)).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/cannot be used\. [^]*ECONNRESET/),
        });
        proxy.target = target;
      },
      DONE,
    ],
    [
      'pg_terminate_backend, ten times',
      async () => {
        for (let i = 0; i < 10; i++) {
          await client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'nestjs-byok cli'`,
          );
          await sleep(50);
        }
      },
      DONE,
    ],
    [
      'kill -9 of Postgres',
      async () => {
        process.kill(server.pid, 'SIGKILL');
        await client.end();
        await server.stop();
        server = await startEmbeddedPostgres({ dataDir });
        proxy.target = server.port;
        await connect();
      },
      DONE,
    ],
  ];

  it.each(interruptions)('goes on after: %s', async (name, interrupt, end) => {
    const running = rotate();
    await until(async () => (await moved()) > 0);
    await interrupt(running);
    const { code, signal } = await running.ended;
    expect({ code, signal }).toEqual(end);
    cutAll();
    proxy.thaw();
    const left = ROWS - (await moved());
    if (end.code === 0) expect(left).toBe(0);
    else expect(left).toBeGreaterThan(0);
    await expectToGoOn(name, left, { code, signal });
  });

  it('goes on after a pipe that was closed', async () => {
    // By its next line it learns that nobody reads; the database is silent until then.
    const running = start(
      'bash',
      ['-c', `${shellCommand(ROTATE.join(' '))} 2>&1 | grep -m1 Re-encrypting; exit \${PIPESTATUS[0]}`],
      given,
    );
    await until(async () => (await moved()) > 0);
    proxy.freeze();
    await sleep(6_000);
    cutAll();
    proxy.thaw();
    const { code, signal, stdout } = await running.ended;
    expect({ code, signal, stdout }).toEqual({ ...CLEAN, stdout: expect.stringMatching(/^Re-encrypting .*\n$/) });
    const left = ROWS - (await moved());
    expect(left).toBeGreaterThan(0);
    await expectToGoOn('rotate | grep -m1', left, { code, signal });
  });

  it('goes on after the loss of its worker thread', async () => {
    if (availableParallelism() < 2) {
      process.stdout.write('NOTICE: one core, and so no worker thread; the test of its loss is skipped.\n');
      return;
    }
    const { code, signal, stderr } = await rotate('--import', LOST_WORKER).ended;
    expect(stderr).toMatch(/The worker thread that re-encrypts failed \(ERR_WORKER\)\.\nStart the rotation again/);
    expect({ code, signal }).toEqual(CLEAN);
    const left = ROWS - (await moved());
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(ROWS);
    await expectToGoOn('a lost worker thread', left, { code, signal });
  });

  it('goes on after an AbortSignal, of RotationService', async () => {
    let begun = false;
    const runner = startRunner(
      { secret: [fresh, old], db: given.DATABASE_URL },
      { batchSize: 2 },
      () => (begun = true),
    );
    await until(() => begun);
    runner.abort();
    expect(await runner.result).toMatchObject({ aborted: true });
    await runner.ended;
    const left = ROWS - (await moved());
    expect(left).toBeGreaterThan(0);
    await expectToGoOn('AbortSignal', left, { code: 0, signal: null });
  });

  it('shares the work with a second one at the same time, of which one is killed', async () => {
    const both = await Promise.all([cliJson(ROTATE, given), cliJson(ROTATE, given)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(both.reduce((sum, { json }) => sum + json.rotated, 0)).toBe(ROWS);
    await expectToGoOn('a second runner at the same time', ROWS - (await moved()), DONE);
    await client.query('TRUNCATE user_api_keys, byok_keyring');
    await fillTable(database, old, ROWS);
    const [one, other] = [rotate(), rotate()];
    await until(async () => (await moved()) > 0);
    one.child.kill('SIGKILL');
    await one.ended;
    const { code, signal } = await other.ended;
    expect({ code, signal }).toEqual(DONE);
    await expectToGoOn('a second runner, and kill -9 of the first', ROWS - (await moved()), DONE);
  });

  it('goes on after a disk that was full', async () => {
    const small = join(dataDir, 'small');
    await mkdir(small);
    if (!mounted(small, '8m')) {
      process.stdout.write('NOTICE: no file system can be mounted here, the test of a full disk is skipped.\n');
      return;
    }
    try {
      const { uid, gid } = statSync(join(dataDir, 'postgres'));
      chownSync(small, uid, gid);
      chmodSync(small, 0o700);
      await client.query(`CREATE TABLESPACE small LOCATION '${small}'`);
      await client.query('ALTER TABLE user_api_keys SET TABLESPACE small');
      const running = rotate();
      await until(async () => (await moved()) > 0);
      const ballast = join(small, 'ballast');
      expect(() => writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20))).toThrow('ENOSPC');
      // It waits for room, as for a database that is away, and ends when it is asked to.
      await sleep(3_000);
      expect(running.child.exitCode).toBeNull();
      running.child.kill('SIGINT');
      const { code, signal } = await running.ended;
      expect({ code, signal }).toEqual(CLEAN);
      const waiting = rotate();
      await sleep(2_000);
      expect(waiting.child.exitCode).toBeNull();
      const left = ROWS - (await moved());
      expect(left).toBeGreaterThan(0);
      truncateSync(ballast);
      expect(await waiting.ended).toMatchObject(DONE);
      await expectToGoOn('a full disk; Ctrl-C; another, and room again', ROWS - (await moved()), { code, signal });
    } finally {
      await client.query('ALTER TABLE user_api_keys SET TABLESPACE pg_default');
      await client.query('DROP TABLESPACE IF EXISTS small');
      execFileSync('umount', [small], { stdio: 'ignore' });
    }
  });
});
