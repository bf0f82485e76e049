import { expect } from '@jest/globals';
import { createCipheriv, randomBytes } from 'node:crypto';
import type { ByokService, ImportResult } from 'nestjs-byok';
import { DataSource } from 'typeorm';
import { createDatabase } from '../../support/postgres.js';
import { bench, KEY, load, start, type Runs } from '../bench.js';

const ROWS = 2_500;

/** Snippets of moving-in. */
export const MOVING_IN_RUNS: Runs = {
  'move-in.ts': async () => {
    const { moveIn } = await load<{
      moveIn: (byok: ByokService, old: DataSource, secret: Buffer) => Promise<ImportResult>;
    }>('move-in.ts');
    const own = await createDatabase();
    const secret = randomBytes(32);
    const seal = (apiKey: string) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', secret, nonce);
      const encrypted = Buffer.concat([cipher.update(apiKey), cipher.final()]);
      return { nonce, tag: cipher.getAuthTag(), encrypted };
    };
    await own.query(`CREATE TABLE old_keys (id bigserial PRIMARY KEY, user_id text, provider text, nonce bytea, tag bytea,
      encrypted bytea, created_at timestamptz DEFAULT '2024-05-06T07:08:09Z')`);
    const sealed = Array.from({ length: ROWS }, (_, n) => seal(`${KEY}-${n}`));
    sealed[7].tag = randomBytes(16);
    await own.query(
      `INSERT INTO old_keys (user_id, provider, nonce, tag, encrypted)
       SELECT 'moved-' || (n - 1), 'openai', nonce, tag, encrypted
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS o (nonce, tag, encrypted, n)`,
      [sealed.map(({ nonce }) => nonce), sealed.map(({ tag }) => tag), sealed.map(({ encrypted }) => encrypted)],
    );
    const old = new DataSource({ type: 'postgres', url: own.url });
    await old.initialize();
    const options = { secret: process.env['BYOK_SECRET']!, db: own.url };
    const { byok } = await start(bench.library.ByokModule.forRoot(options));
    const log = console.log;
    const lines: string[] = [];
    console.log = (line: string) => void lines.push(line);
    try {
      const result = await moveIn(byok, old, secret);
      expect(result).toMatchObject({ stored: ROWS - 1, skipped: 0, refused: [{ index: 7 }] });
      expect(lines.at(-1)).toBe(`${ROWS} keys so far`);
      expect(await moveIn(byok, old, secret)).toMatchObject({ stored: 0, skipped: ROWS - 1 });
      expect(await byok.getKey({ userId: 'moved-2499' }, 'openai')).toBe(`${KEY}-2499`);
      const [{ createdAt }] = await byok.listKeys({ userId: 'moved-0' });
      expect(createdAt).toEqual(new Date('2024-05-06T07:08:09Z'));
    } finally {
      console.log = log;
      await old.destroy();
      await Promise.all(bench.apps.splice(0).map((app) => app.close()));
      await own.drop();
    }
  },
};
