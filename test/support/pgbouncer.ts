import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of whoever may do nothing: it refuses to run as root. */
const NOBODY = 65_534;

export interface PgBouncer {
  /** The URL of a database by way of the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** Where pgbouncer is, where it is. */
export function findPgBouncer(): string | undefined {
  return [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin']
    .map((folder) => join(folder, 'pgbouncer'))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** A pooler by transaction, as it comes, in front of the server of that URL. */
export async function startPgBouncer(path: string, server: string, poolSize: number): Promise<PgBouncer> {
  const { hostname, port: serverPort, username, password } = new URL(server);
  const folder = await mkdtemp(join(tmpdir(), `byok-test-${process.pid}-`));
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(
    file,
    `[databases]
* = host=${hostname} port=${serverPort} user=${decodeURIComponent(username)} password='${decodeURIComponent(password)}'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
`,
    { mode: 0o600 },
  );
  await chmod(folder, 0o711);
  if (isRoot) await chown(file, NOBODY, NOBODY);
  const child = spawn(path, [file], { stdio: 'ignore', ...(isRoot && { uid: NOBODY, gid: NOBODY }) });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries > 200 || child.exitCode !== null) throw new Error('pgbouncer did not start.');
    await sleep(25);
  }
  return {
    through: (url) => {
      const given = new URL(url);
      given.hostname = '127.0.0.1';
      given.port = String(port);
      return given.href;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
