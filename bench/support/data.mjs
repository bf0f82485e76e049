import { encryptStringSync, generateKey, parseKeySync } from '@47ng/cloak';
import { createCipheriv, createSecretKey, randomBytes } from 'node:crypto';
import pg from 'pg';
import { EncryptionService } from '../../dist/index.js';
import { apiKeyOf, insertSealedRows, sealWith, userId } from '../../test/support/sealed-rows.mjs';
import { inModule } from './module.mjs';

export { userId };

/** A user of chance among so many. */
export const anyUser = (rows) => userId(Math.floor(Math.random() * rows));

/** Secrets of all sides. */
export function makeSecrets() {
  return {
    secret: EncryptionService.generateSecret(),
    gcmKey: randomBytes(32).toString('base64url'),
    cloakKey: generateKey(),
  };
}

/** One key a user in the tables of all sides: ours, the hand-written one, the team's. */
export async function fillTables({ url, rows, secrets }) {
  await inModule({ secret: secrets.secret, db: url }, async () => {
    await insertSealedRows({ url, rows, seal: sealWith(new EncryptionService(secrets.secret)) });
  });
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `CREATE TABLE hand_written (
    owner text, provider text, sealed bytea, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
    PRIMARY KEY (owner, provider))`,
  );
  await client.query(`CREATE TABLE team_keys (
    id serial PRIMARY KEY, owner text, provider text, cloaked text,
    created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(), UNIQUE (owner, provider))`);
  const gcm = createSecretKey(secrets.gcmKey, 'base64url');
  const cloak = parseKeySync(secrets.cloakKey);
  for (let start = 0; start < rows; start += 5_000) {
    const ids = Array.from({ length: Math.min(5_000, rows - start) }, (_, i) => userId(start + i));
    await client.query(
      `INSERT INTO hand_written (owner, provider, sealed) SELECT id, 'openai', sealed FROM unnest($1::text[], $2::bytea[]) AS u(id, sealed)`,
      [ids, ids.map((id) => sealBare(gcm, apiKeyOf(id)))],
    );
    await client.query(
      `INSERT INTO team_keys (owner, provider, cloaked)
       SELECT id, 'openai', cloaked FROM unnest($1::text[], $2::text[]) AS u(id, cloaked)`,
      [ids, ids.map((id) => encryptStringSync(apiKeyOf(id), cloak))],
    );
  }
  await client.query('VACUUM ANALYZE');
  await client.end();
}

/** AES-256-GCM with a nonce of chance. */
export function sealBare(key, text) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}
