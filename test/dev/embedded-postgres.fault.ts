import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../dev/postgres/embedded-postgres.js';

const BUILT = fileURLToPath(new URL('../../dev/dist/postgres/embedded-postgres.js', import.meta.url));
const ROOT = process.geteuid?.() === 0;
const LINUX = process.platform === 'linux';
const NOBODY = { uid: 65534, gid: 65534 };

let template: string;
let parent: string;
let dataDir: string;
let servers: EmbeddedPostgres[];
let children: ChildProcess[];

beforeAll(async () => {
  template = await mkdtemp(join(tmpdir(), 'byok-template-'));
  const server = await startEmbeddedPostgres({ dataDir: template, parameters: { fsync: 'off' } });
  await query(server.url, 'CREATE TABLE notes (text text)');
  await server.stop();
});

afterAll(async () => {
  await rm(template, { recursive: true, force: true });
});

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'byok-embedded-'));
  await chmod(parent, 0o755);
  dataDir = join(parent, 'data');
  servers = [];
  children = [];
});

afterEach(async () => {
  for (const server of servers) await server.stop();
  for (const child of children) child.kill('SIGKILL');
  await waitUntil(async () => (await lockedBy()) === undefined);
  await rm(parent, { recursive: true, force: true });
});

/** Copies a complete data folder into place, which takes less time than making one. */
async function prepare(folder = dataDir): Promise<void> {
  await cp(template, folder, { recursive: true });
  await chmod(folder, 0o711);
}

async function start(folder = dataDir): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: folder, parameters: { fsync: 'off' } });
  servers.push(server);
  return server;
}

/** Starts a server from another Node process, which then waits to be killed. */
async function startInChild(
  identity: { uid?: number; gid?: number } = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ child: ChildProcess; url: string; owned: boolean; pid: number; fate: 'ready' | 'failed'; text: string }> {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(BUILT)});
    const server = await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, parameters: { fsync: 'off' } });
    console.log(JSON.stringify(server));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { ...identity, env, cwd: '/' });
  children.push(child);
  let text = '';
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  const line = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve((text += String(error)) && ''));
    child.once('close', () => resolve(''));
    child.stdout.once('data', (chunk) => resolve(String(chunk)));
  });
  const server = line ? (JSON.parse(line) as EmbeddedPostgres) : { url: '', owned: false, pid: 0 };
  return { ...server, child, fate: line ? 'ready' : 'failed', text };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function lockedBy(): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid && (await isAlive(pid)) ? pid : undefined;
}

/** Whether a process runs; one that has ended but that nobody has asked about yet does not. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
    return !LINUX || !/^State:\s+Z/m.test(await statusOf(pid));
  } catch {
    return false;
  }
}

async function waitUntil(condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await sleep(20);
  }
}

const WRITE = 'CREATE TABLE IF NOT EXISTS notes (text text); INSERT INTO notes VALUES ($$kept$$)';
const READ = 'SELECT text FROM notes';

describe('a data folder', () => {
  it('keeps its data and its password over a restart', async () => {
    const first = await start();
    await query(first.url, WRITE);
    await first.stop();
    expect(await isAlive(first.pid)).toBe(false);

    const second = await start();
    expect(second.owned).toBe(true);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect(await query(second.url, READ)).toEqual([{ text: 'kept' }]);
  });

  it('lets in only who knows the password', async () => {
    await prepare();
    const server = await start();
    const url = new URL(server.url);
    url.password = 'guessed';
    await expect(query(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect(await query(server.url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    expect(await query(server.url, 'SHOW unix_socket_directories')).toEqual([{ unix_socket_directories: '' }]);
    if (process.platform !== 'win32') {
      expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
      expect((await stat(join(dataDir, 'postgres.log'))).mode & 0o777).toBe(0o600);
    }
  });

  it('serves two starts at once with one server', async () => {
    const both = await Promise.all([start(), start()]);
    expect(both.map((server) => server.owned).sort()).toEqual([false, true]);
    expect(both[0].url).toBe(both[1].url);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
  });

  it('serves two processes that start at once', async () => {
    const both = await Promise.all([startInChild(), startInChild()]);
    expect(both.map((server) => server.text)).toEqual(['', '']);
    expect(both[0].url).toBe(both[1].url);
    expect(both.map((server) => server.owned).sort()).toEqual([false, true]);
  });

  it('does not stop a server that it joined', async () => {
    await prepare();
    const first = await start();
    const second = await start();
    expect(second.owned).toBe(false);
    await second.stop();
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('shows the end of the log when the server does not start', async () => {
    await prepare();
    await expect(startEmbeddedPostgres({ dataDir, parameters: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /did not start[\s\S]*invalid value for parameter "shared_buffers"/,
    );
  });

  it('is refused without the password file', async () => {
    await prepare();
    await (await start()).stop();
    await rm(join(dataDir, 'postgres-password'));
    await expect(start()).rejects.toThrow(/postgres-password is missing/);
  });
});

describe('a data folder that cannot be used', () => {
  it('is named when there is a file in its way', async () => {
    await writeFile(dataDir, '');
    await expect(start(join(dataDir, 'below'))).rejects.toThrow(/below cannot be used \(ENOTDIR[\s\S]*BYOK_DATA_DIR/);
    await expect(start()).rejects.toThrow(/data cannot be used \(E[\s\S]*BYOK_DATA_DIR/);
  });

  const asNobody = ROOT && LINUX ? it : it.skip;

  asNobody('is named when we may not write there', async () => {
    if (!(await isReachable())) return;
    await mkdir(dataDir);
    const failed = await startInChild(NOBODY);
    expect(failed.fate).toBe('failed');
    expect(failed.text).toMatch(/data cannot be used \(EACCES[\s\S]*BYOK_DATA_DIR/);
  });
});

describe('after kill -9', () => {
  it('starts again at once with the data there', async () => {
    await prepare();
    const first = await startInChild();
    await query(first.url, WRITE);
    await kill(first.child);
    const second = await start();
    expect(second.owned).toBe(true);
    expect(await query(second.url, READ)).toEqual([{ text: 'kept' }]);
  });

  it('leaves no server behind', async () => {
    if (process.platform === 'win32') return;
    await prepare();
    const first = await startInChild();
    await kill(first.child);
    await waitUntil(async () => !(await isAlive(first.pid)));
  });

  it('leaves no server behind where there is no setpriv', async () => {
    if (process.platform === 'win32') return;
    if (ROOT && !(await isReachable())) {
      console.warn('Not tried without setpriv: the project or Node lies where user 65534 may not go without it.');
      return;
    }
    await prepare();
    const first = await startInChild({}, { ...process.env, PATH: '/nonexistent' });
    expect(first.text).toBe('');
    await kill(first.child);
    await waitUntil(async () => !(await isAlive(first.pid)));
  });

  it('recovers when the server was killed as well', async () => {
    await prepare();
    const first = await start();
    await query(first.url, WRITE);
    process.kill(first.pid, 'SIGKILL');
    await waitUntil(async () => !(await isAlive(first.pid)));
    const second = await start();
    expect(second.owned).toBe(true);
    expect(await query(second.url, READ)).toEqual([{ text: 'kept' }]);
  });

  it('removes what a killed initdb left', async () => {
    const gone = spawn(process.execPath, ['--version']);
    await new Promise((resolve) => gone.once('exit', resolve));
    await mkdir(join(dataDir, `postgres-init-${gone.pid}-0`), { recursive: true });
    await start();
    expect((await readdir(dataDir)).sort()).toEqual(['postgres', 'postgres-password', 'postgres.log']);
  });
});

describe('a stale lock', () => {
  it.each([
    ['of a process that is gone', () => 999_999_999],
    ['whose process number some other program has now', () => process.pid],
    ['whose process number belongs to the first process', () => 1],
  ])('%s is cleared', async (_name, pid) => {
    await prepare();
    const first = await start();
    await query(first.url, WRITE);
    const lock = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8');
    await first.stop();
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lock.replace(/^\d+/, String(pid())));

    const second = await start();
    expect(second.owned).toBe(true);
    expect(await query(second.url, READ)).toEqual([{ text: 'kept' }]);
  });

  it('does not lead to the server of another folder', async () => {
    if (process.platform === 'win32') return;
    await prepare();
    await prepare(join(parent, 'other'));
    const other = await start(join(parent, 'other'));
    const first = await start();
    await first.stop();
    const lock = await readFile(join(parent, 'other', 'postgres', 'postmaster.pid'), 'utf8');
    await writeFile(join(dataDir, 'postgres', 'postmaster.pid'), lock);
    const second = await start();
    expect(second.owned).toBe(true);
    expect(second.port).not.toBe(other.port);
  });
});

describe('as root', () => {
  const asRoot = ROOT && LINUX ? it : it.skip;

  asRoot('runs the server as an unprivileged account without further rights', async () => {
    await prepare();
    const status = await statusOf((await start()).pid);
    expect(status).toMatch(/^Uid:\s+65534\s+65534\s+65534/m);
    if (await isReachable()) expect(status).toMatch(/^CapEff:\s+0+$/m);
  });

  asRoot('works below a folder that only root may enter', async () => {
    await chmod(parent, 0o700);
    const server = await start();
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await statusOf(server.pid)).toMatch(/^Uid:\s+65534/m);
  });

  asRoot('leaves no server behind after kill -9 there', async () => {
    await prepare();
    await chmod(parent, 0o700);
    const first = await startInChild();
    await kill(first.child);
    await waitUntil(async () => !(await isAlive(first.pid)));
  });

  asRoot('says what to do below such a folder without setpriv', async () => {
    await chmod(parent, 0o700);
    const failed = await startInChild({}, { ...process.env, PATH: '/nonexistent' });
    expect(failed.fate).toBe('failed');
    expect(failed.text).toMatch(/user 65534[\s\S]*setpriv/);
  });

  asRoot('takes over a cluster that was copied by root', async () => {
    await prepare();
    const first = await start();
    await query(first.url, WRITE);
    await first.stop();
    const names = await readdir(join(dataDir, 'postgres'), { recursive: true });
    for (const name of ['', ...names]) await chown(join(dataDir, 'postgres', name), 0, 0);
    expect(await query((await start()).url, READ)).toEqual([{ text: 'kept' }]);
  });
});

describe('as a normal user', () => {
  const ifRoot = ROOT && LINUX ? it : it.skip;

  ifRoot('works, and its data folder then keeps its owner when root starts it', async () => {
    if (!(await isReachable())) {
      console.warn('Not tried as a normal user: the project or Node lies where user 65534 may not go.');
      return;
    }
    await chown(parent, NOBODY.uid, NOBODY.gid);
    const env = { PATH: process.env['PATH'], HOME: join(parent, 'home') };
    const first = await startInChild(NOBODY, env);
    expect(first.text).toBe('');
    await query(first.url, WRITE);
    await kill(first.child);
    const again = await startInChild(NOBODY, env);
    expect(again.text).toBe('');
    expect(await query(again.url, READ)).toEqual([{ text: 'kept' }]);
    await kill(again.child);

    const byRoot = await start();
    expect(await query(byRoot.url, READ)).toEqual([{ text: 'kept' }]);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(NOBODY.uid);
  });

  ifRoot('is told that the folder belongs to another', async () => {
    if (!(await isReachable())) return;
    await prepare();
    await (await start()).stop();
    const names = await readdir(join(dataDir, 'postgres'), { recursive: true });
    for (const name of ['', ...names]) await chown(join(dataDir, 'postgres', name), 12345, 12345);
    const failed = await startInChild(NOBODY, { PATH: process.env['PATH'] });
    expect(failed.fate).toBe('failed');
    expect(failed.text).toMatch(/belongs to user 12345[\s\S]*BYOK_DATA_DIR/);
  });
});

async function statusOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/status`, 'utf8');
}

/** Whether an unprivileged user may run this Node and read this project. */
async function isReachable(): Promise<boolean> {
  const child = spawn(process.execPath, ['-e', `require('fs').readFileSync(${JSON.stringify(BUILT)})`], {
    ...NOBODY,
    cwd: '/',
    stdio: 'ignore',
  });
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
