import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { EncryptionService, RotationService } from '../../dist/index.js';
import { inModule } from '../../bench/support/module.mjs';
import { fillOldTable, oldKeyOf } from './old-table.mjs';

const RUNNER = new URL('run-import.mjs', import.meta.url);

/**
 * Imports a table of another cipher in a process that is killed so many times, at even distances; then looks at every row.
 *
 * @param {{ url: string, rows: number, kills: number }} options
 */
export async function importUnderKills({ url, rows, kills }) {
  const secret = EncryptionService.generateSecret();
  const oldSecret = randomBytes(32);
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    await fillOldTable(client, oldSecret, rows);
    const environment = {
      ...process.env,
      DATABASE_URL: url,
      BYOK_SECRET: secret,
      OLD_SECRET: oldSecret.toString('base64url'),
    };
    const begun = performance.now();
    const killedAt = [];
    for (let kill = 1; kill <= kills; kill++) {
      await runUntil(environment, Math.floor((rows * kill) / (kills + 1)));
      killedAt.push(await count(client));
    }
    const { result, seconds } = await runUntil(environment, Infinity);
    const all = (performance.now() - begun) / 1_000;
    return {
      killedAt,
      result,
      seconds: all,
      keysASecond: rows / all,
      lastRun: seconds,
      ...(await look(url, secret, client)),
    };
  } finally {
    await client.end();
  }
}

/** Kills the import once it has dealt with so many items; if it ends before, what it reported. */
async function runUntil(env, done) {
  const child = fork(RUNNER, { env, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let outcome;
  child.on('message', (message) => {
    if (message.result) outcome = message;
    else if (message.done >= done) child.kill('SIGKILL');
  });
  const [code, signal] = await new Promise((resolve) => child.on('exit', (...end) => resolve(end)));
  if (signal !== 'SIGKILL' && (code !== 0 || !outcome)) throw new Error(`The import ended with ${code ?? signal}.`);
  if (done !== Infinity && signal !== 'SIGKILL') throw new Error('The import was over before it could be killed.');
  return outcome;
}

async function count(client) {
  return Number((await client.query('SELECT count(*) AS n FROM user_api_keys')).rows[0].n);
}

/** Opens every row, and compares every key with the one that was in the old table. */
async function look(url, secret, client) {
  const encryption = new EncryptionService(secret);
  let same = 0;
  for (let after = ''; ;) {
    const { rows } = await client.query(
      `SELECT owner_id, fingerprint, created_at FROM user_api_keys WHERE owner_id > $1 ORDER BY owner_id LIMIT 5000`,
      [after],
    );
    for (const { owner_id: owner, fingerprint, created_at: createdAt } of rows) {
      const key = oldKeyOf(Number(owner.slice('user-'.length)));
      if (encryption.fingerprint('openai', key).equals(fingerprint) && createdAt.getUTCFullYear() === 2024) same++;
    }
    if (rows.length < 5_000) break;
    after = rows.at(-1).owner_id;
  }
  const opened = await inModule({ secret, db: url }, (app) => app.get(RotationService).verify());
  return { same, opened: opened.rows - opened.unreadableCount };
}
