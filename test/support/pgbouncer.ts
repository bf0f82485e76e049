import { spawn } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, freePort, untilListening } from './local-server.js';

/** Of whoever may do nothing: it refuses to run as root. */
const NOBODY = 65_534;

export interface PgBouncer {
  /** The URL of a database by way of the pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/** Where pgbouncer is, where it is. */
export function findPgBouncer(): string | undefined {
  return findProgram('pgbouncer', '/usr/sbin');
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
  await untilListening('pgbouncer', child, port);
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
