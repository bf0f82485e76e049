import pg from 'pg';

/**
 * Fills the table with keys that `seal` has sealed, some thousand a statement: one a user, `user-0000001` and so on.
 *
 * @param {{ url: string, rows: number, seal: (row: { ownerId: string, apiKey: string }) => { keyId: Buffer, ciphertext: Buffer, fingerprint: Buffer } }} options
 */
export async function insertSealedRows({ url, rows, seal }) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let start = 0; start < rows; start += 5_000) {
      const ids = Array.from({ length: Math.min(5_000, rows - start) }, (_, i) => userId(start + i));
      const sealed = ids.map((ownerId) => seal({ ownerId, apiKey: apiKeyOf(ownerId) }));
      const length = sealed[0].ciphertext.length;
      await client.query(
        `INSERT INTO user_api_keys (owner_kind, owner_id, provider, key_id, ciphertext, hint, fingerprint, created_at, updated_at)
         SELECT 'user', id, 'openai', $2, substring($3::bytea FROM (n::int - 1) * $5 + 1 FOR $5), '…4321',
           substring($4::bytea FROM (n::int - 1) * 16 + 1 FOR 16), '2026-01-01', '2026-02-02'
         FROM unnest($1::text[]) WITH ORDINALITY AS u(id, n)`,
        [
          ids,
          sealed[0].keyId,
          Buffer.concat(sealed.map((each) => each.ciphertext)),
          Buffer.concat(sealed.map((each) => each.fingerprint)),
          length,
        ],
      );
    }
    await client.query('VACUUM ANALYZE user_api_keys');
  } finally {
    await client.end();
  }
}

export function userId(n) {
  return `user-${String(n).padStart(7, '0')}`;
}

/** 60 characters, as many providers' keys are. */
export function apiKeyOf(ownerId) {
  return `an-example-of-an-api-key-of-${ownerId}-`.padEnd(60, '-of-the-tests');
}

/** What the records of `sealWith` are bound to. */
export function contextOf(ownerId) {
  return { purpose: 'database', ownerKind: 'user', ownerId, provider: 'openai', label: 'default', expiresAt: null };
}

/** Seals as the library does. */
export function sealWith(encryption) {
  const keyId = encryption.keyId;
  return ({ ownerId, apiKey }) => ({
    keyId,
    ciphertext: encryption.encrypt(JSON.stringify({ v: 1, key: apiKey }), contextOf(ownerId)),
    fingerprint: encryption.fingerprint('openai', apiKey),
  });
}
