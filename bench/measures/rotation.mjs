import { monitorEventLoopDelay } from 'node:perf_hooks';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { byokEntities, EncryptionService, RotationService, UserApiKey } from '../../dist/index.js';
import { insertSealedRows, sealWith } from '../../test/support/sealed-rows.mjs';
import { withDatabase } from '../support/database.mjs';
import { inModule } from '../support/module.mjs';
import { median, ratio } from '../support/rounds.mjs';

const PAGE = 1_000;
/** Rows that TypeORM's `save()` is measured with: it is too slow for all. */
const SAVED = 10_000;

/** P7: how fast rows are re-encrypted, beside a batched UPDATE of constants and TypeORM's `save()` of entities. */
export async function measureRotation({ rows = 1_000_000, rounds = 1 } = {}) {
  return withDatabase(async ({ url, client }) => {
    let secrets = [EncryptionService.generateSecret()];
    await inModule({ secret: secrets, db: url }, () =>
      insertSealedRows({ url, rows, seal: sealWith(new EncryptionService(secrets[0])) }),
    );
    await client.query('CREATE TABLE floor (LIKE user_api_keys INCLUDING ALL)');
    await client.query('ALTER TABLE floor ADD FOREIGN KEY (key_id) REFERENCES byok_keyring (key_id)');
    await client.query('INSERT INTO floor SELECT * FROM user_api_keys ORDER BY owner_kind, owner_id');
    const rates = { constants: [], save: [], rotate: [] };
    const delays = { p99: [], max: [] };
    const verified = [];
    for (let round = 0; round < rounds; round++) {
      secrets = [EncryptionService.generateSecret(), ...secrets];
      await inModule({ secret: secrets, db: url }, async (app) => {
        const rotation = app.get(RotationService);
        await quiet(client);
        const { keyId } = new EncryptionService(secrets[0]);
        rates.constants.push(rows / (await secondsOf(() => updateConstants({ url, client, keyId }))));
        await quiet(client);
        const saved = Math.min(SAVED, rows);
        rates.save.push(saved / (await secondsOf(() => saveEntities({ url, secrets, rows: saved }))));
        await quiet(client);
        const { result, delay } = await rotate(rotation);
        rates.rotate.push((result.rotated * 1_000) / result.durationMs);
        delays.p99.push(delay.percentile(99) / 1e6);
        delays.max.push(delay.max / 1e6);
        const { ok, rows: found, durationMs } = await rotation.verify();
        if (!ok || found !== rows) throw new Error(`Not all is well: ${JSON.stringify(result)}`);
        verified.push((found * 1_000) / durationMs);
      });
      secrets = [secrets[0]];
    }
    return {
      rows,
      rowsASecond: {
        rotate: median(rates.rotate),
        constants: median(rates.constants),
        save: median(rates.save),
        verify: median(verified),
      },
      toConstants: ratio(rates.rotate, rates.constants),
      toSave: ratio(rates.rotate, rates.save),
      eventLoopDelay: { p99: median(delays.p99), max: median(delays.max) },
    };
  });
}

async function rotate(rotation) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const result = await rotation.rotate();
  delay.disable();
  return { result, delay };
}

/** The same columns of the same rows, page by page, two pages in flight. */
async function updateConstants({ url, client, keyId }) {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // As in writes.mjs: a client that is still closing when the server stops.
  pool.on('error', () => {});
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

async function saveEntities({ url, secrets, rows }) {
  const dataSource = new DataSource({ type: 'postgres', url, entities: byokEntities });
  await dataSource.initialize();
  const repository = dataSource.getRepository(UserApiKey);
  const encryption = new EncryptionService(secrets);
  for (let skip = 0; skip < rows; skip += PAGE) {
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

/** Dead rows and dirty pages of one measurement are not the next one's. */
async function quiet(client) {
  await client.query('VACUUM user_api_keys');
  await client.query('VACUUM floor');
  await client.query('CHECKPOINT');
}

async function secondsOf(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
}
