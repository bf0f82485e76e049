// How fast rows are re-encrypted: `node bench/rotation.mjs [rows]` after a build. Prints the ratio to a batched UPDATE of
// constants on a copy of the same table and to TypeORM's save() of entities, in alternating rounds of the same run.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { byokEntities, ByokModule, EncryptionService, RotationService, UserApiKey } from '../dist/index.js';
import { startEmbeddedPostgres } from '../sample/dist/postgres/embedded-postgres.js';
import { insertSealedRows, sealWith } from '../test/support/sealed-rows.mjs';

const ROWS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 1);
const SAVED = Math.min(ROWS, Number(process.env.SAVED ?? 10_000));
const PAGE = 1_000;

const dataDir = await mkdtemp(join(tmpdir(), 'byok-bench-'));
await chmod(dataDir, 0o711);
const server = await startEmbeddedPostgres({
  dataDir,
  parameters: { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
});
const client = new pg.Client({ connectionString: server.url });
await client.connect();
try {
  await main();
} finally {
  await client.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}

async function main() {
  let secrets = [EncryptionService.generateSecret()];
  await withRotation(secrets, async () => {
    const seal = sealWith(new EncryptionService(secrets[0]));
    const seconds = await timed(() => insertSealedRows({ url: server.url, rows: ROWS, seal }));
    console.log(`${ROWS} rows made in ${seconds.toFixed(0)} s; load ${load()}`);
  });
  await client.query('CREATE TABLE floor (LIKE user_api_keys INCLUDING ALL)');
  await client.query('ALTER TABLE floor ADD FOREIGN KEY (key_id) REFERENCES byok_keyring (key_id)');
  await client.query('INSERT INTO floor SELECT * FROM user_api_keys ORDER BY owner_kind, owner_id');
  for (let round = 1; round <= ROUNDS; round++) {
    secrets = [EncryptionService.generateSecret(), ...secrets];
    await withRotation(secrets, async (rotation) => {
      const keyId = new EncryptionService(secrets[0]).keyId;
      await quiet();
      const floor = ROWS / (await timed(() => updateConstants(keyId)));
      await quiet();
      const saved = SAVED / (await timed(() => saveEntities(secrets)));
      await quiet();
      const { rate, lag, result } = await measure(rotation);
      console.log(
        `round ${round}: constants ${floor.toFixed(0)}/s · rotate ${rate.toFixed(0)}/s · save() ${saved.toFixed(0)}/s · ` +
          `ratio ${(rate / floor).toFixed(2)} (≥ 0.25), ${(rate / saved).toFixed(0)} × save() (≥ 20) · ` +
          `event-loop delay p99 ${lag.p99.toFixed(1)} ms, max ${lag.max.toFixed(1)} ms (p99 < 50) · load ${load()}`,
      );
      const { ok, rows, durationMs } = await rotation.verify();
      if (!ok || rows !== ROWS) throw new Error(`Not all is well: ${JSON.stringify(result)}`);
      console.log(`verified ${rows} rows in ${(durationMs / 1000).toFixed(1)} s`);
    });
    secrets = [secrets[0]];
    await client.query('DELETE FROM byok_retired_keys');
  }
}

async function measure(rotation) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await rotation.rotate();
  delay.disable();
  const rate = (result.rotated * 1_000) / result.durationMs;
  return { result, rate, lag: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 } };
}

/** The same columns of the same rows, page by page, two pages in flight. */
async function updateConstants(keyId) {
  const pool = new pg.Pool({ connectionString: server.url, max: 2 });
  const [ciphertext, fingerprint] = [Buffer.alloc(218, 1), Buffer.alloc(16, 1)];
  const { rows: ends } = await client.query(
    `SELECT owner_id AS id FROM (SELECT owner_id, row_number() OVER (ORDER BY owner_id) AS n FROM floor) f WHERE n % ${PAGE} = 0 ORDER BY 1`,
  );
  const pages = ends.map(({ id }, i) => [ends[i - 1]?.id ?? '', id]);
  const lane = async () => {
    for (let page = pages.shift(); page; page = pages.shift()) {
      await pool.query({
        name: 'floor',
        text: `UPDATE floor SET key_id = $3, ciphertext = $4, fingerprint = $5
          WHERE owner_kind = 'user' AND owner_id > $1 AND owner_id <= $2`,
        values: [...page, keyId, ciphertext, fingerprint],
      });
    }
  };
  await Promise.all([lane(), lane()]);
  await pool.end();
}

async function saveEntities(secrets) {
  const dataSource = new DataSource({ type: 'postgres', url: server.url, entities: byokEntities });
  await dataSource.initialize();
  const repository = dataSource.getRepository(UserApiKey);
  const encryption = new EncryptionService(secrets);
  for (let skip = 0; skip < SAVED; skip += PAGE) {
    const batch = await repository
      .createQueryBuilder('k')
      .addSelect('k.ciphertext')
      .orderBy({ 'k.ownerId': 'ASC' })
      .offset(skip)
      .limit(PAGE)
      .getMany();
    for (const row of batch) {
      const { ownerKind, ownerId, provider, label, expiresAt } = row;
      const context = { purpose: 'database', ownerKind, ownerId, provider, label, expiresAt };
      row.ciphertext = encryption.reencrypt(row.ciphertext, context);
    }
    await repository.save(batch);
  }
  await dataSource.destroy();
}

async function withRotation(secret, work) {
  class BenchModule {}
  Module({ imports: [ByokModule.forRoot({ secret, db: server.url })] })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
  try {
    await work(app.get(RotationService));
  } finally {
    await app.close();
  }
}

/** Dead rows and dirty pages of one measurement are not the next one's. */
async function quiet() {
  await client.query('VACUUM user_api_keys');
  await client.query('VACUUM floor');
  await client.query('CHECKPOINT');
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}

function load() {
  return loadavg()[0].toFixed(1);
}
