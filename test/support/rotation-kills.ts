import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EncryptionService, type RotationResult } from '../../lib/index.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../dev/postgres/embedded-postgres.js';
import { startByok } from './byok-app.js';
import { type Runner, startRunner } from './rotation-runner.js';
import { apiKeyOf, insertSealedRows, sealWith } from './sealed-rows.mjs';
import { randomFrom } from './seeds.js';
import { TcpProxy } from './tcp-proxy.js';

export interface Kills {
  rows: number;
  batchSize: number;
  postgres: number;
  runner: number;
  /** Cuts of all connections, in the middle of whatever is under way. */
  cuts: number;
  /** A kill comes when the runner has done from 1 to so many pages since the last one. */
  pagesBetween: number;
  seed: number;
}

export interface KillsOutcome {
  /** Kills in the order in which they happened. */
  done: string[];
  result: RotationResult;
  /** Rows that open with the new secret alone, and hold what they held before. */
  intact: number;
  onOldKey: number;
  /** Rows whose `updated_at` moved. */
  touched: number;
}

type Victim = 'postgres' | 'runner' | 'cut';

/** Kills the database and the runner in the middle of a rotation; both come up again as a supervisor would have it. */
export async function rotateUnderKills(options: Kills): Promise<KillsOutcome> {
  const { rows, batchSize, pagesBetween, seed } = options;
  const random = randomFrom(seed);
  const dataDir = await mkdtemp(join(tmpdir(), `byok-test-${process.pid}-`));
  await chmod(dataDir, 0o711);
  // With fsync, as it is by default.
  let server = await startEmbeddedPostgres({ dataDir });
  const { proxy, url } = await TcpProxy.inFrontOf(server.url);
  const [old, fresh] = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];
  let runner: Runner | undefined;
  try {
    await (await startByok({ secret: old, db: server.url })).close();
    await insertSealedRows({ url: server.url, rows, seal: sealWith(new EncryptionService(old)) });
    const victims = shuffled(options, random);
    const done: string[] = [];
    let onPage: () => void = () => undefined;
    for (;;) {
      runner ??= startRunner({ secret: [fresh, old], db: url }, { batchSize, concurrency: 2 }, () => onPage());
      const next = victims.at(0);
      if (!next) break;
      let pages = Math.ceil(random() * pagesBetween);
      const reached = new Promise<'reached'>((resolve) => {
        onPage = () => --pages === 0 && resolve('reached');
      });
      const outcome = await Promise.race([reached, runner.result.catch(() => 'ended' as const)]);
      if (outcome === 'ended') {
        // It was killed with Postgres at its start: what supervises it starts it again.
        await runner.ended;
        runner = undefined;
        continue;
      }
      if (outcome !== 'reached') throw new Error(`The rotation was through before: ${done.join(', ')}`);
      victims.shift();
      done.push(next);
      if (next === 'runner') {
        runner.kill();
        await runner.ended;
        runner = undefined;
      } else if (next === 'cut') {
        for (const connection of [...proxy.connections]) connection.cut();
      } else {
        server = await killed(server, proxy);
      }
    }
    const result = await runner.result;
    return { done, result, ...(await countIntact(server.url, fresh)) };
  } finally {
    runner?.kill();
    await runner?.ended;
    await proxy.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function shuffled({ postgres, runner, cuts }: Kills, random: () => number): Victim[] {
  const victims: Victim[] = [
    ...Array.from({ length: postgres }, () => 'postgres' as const),
    ...Array.from({ length: runner }, () => 'runner' as const),
    ...Array.from({ length: cuts }, () => 'cut' as const),
  ];
  return victims
    .map((victim) => ({ victim, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ victim }) => victim);
}

async function killed(server: EmbeddedPostgres, proxy: TcpProxy): Promise<EmbeddedPostgres> {
  process.kill(server.pid, 'SIGKILL');
  await server.stop();
  const next = await startEmbeddedPostgres({ dataDir: server.dataDir });
  proxy.target = next.port;
  return next;
}

/** Opens every row of `sealed-rows.mjs` with one secret alone, and compares what it holds. */
export async function countIntact(url: string, secret: string) {
  const encryption = new EncryptionService(secret);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const found = { intact: 0, onOldKey: 0, touched: 0 };
  try {
    const { rows } = await client.query<{ owner_id: string; ciphertext: Buffer; key_id: Buffer; touched: boolean }>(
      `SELECT owner_id, ciphertext, key_id, updated_at <> '2026-02-02' AS touched FROM user_api_keys`,
    );
    for (const { owner_id: ownerId, ciphertext, key_id, touched } of rows) {
      if (!key_id.equals(encryption.keyId)) found.onOldKey++;
      if (touched) found.touched++;
      const context = {
        purpose: 'database',
        ownerKind: 'user',
        ownerId,
        provider: 'openai',
        label: 'default',
      } as const;
      const text = encryption.decrypt(ciphertext, { ...context, expiresAt: null });
      if ((JSON.parse(text) as { key: string }).key === apiKeyOf(ownerId)) found.intact++;
    }
  } finally {
    await client.end();
  }
  return found;
}
