import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { EncryptionService } from '../../lib/index.js';
import { runInHost } from './cli-hosts.js';
import { ROOT } from './manifest.js';
import type { TestDatabase } from './postgres.js';
import { insertSealedRows, sealWith } from './sealed-rows.mjs';

/** What `npx nestjs-byok` runs. */
export const CLI = join(ROOT, 'dist/cli/main.js');

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

export type CliEnvironment = Record<string, string | undefined>;

/** The environment of somebody who has set nothing but this. */
export function environment(given: CliEnvironment): NodeJS.ProcessEnv {
  const rest = Object.entries(process.env).filter(
    ([name]) => !/^(BYOK_|DATABASE_URL|NODE_OPTIONS|PG|HF_TOKEN)|API_KEY/.test(name),
  );
  return { ...Object.fromEntries(rest), NODE_ENV: 'production', ...given };
}

/** Starts a program of its own, whose output must not hold a secret that it was given. */
export function start(file: string, args: readonly string[], given: CliEnvironment, input?: string): Running {
  const child = spawn(file, args, { env: environment(given), stdio: ['pipe', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  }
  child.stdin.on('error', () => undefined);
  if (input === undefined) child.stdin.end();
  else child.stdin.write(input);
  const closed = new Promise<Pick<Ended, 'code' | 'signal'>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const ended = closed.then((end) => ({ ...end, ...leakless(args, given, texts) }));
  return { child, ended };
}

/** @throws Error if the output holds a secret that was given */
function leakless<T extends { stdout: string; stderr: string }>(
  args: readonly string[],
  given: CliEnvironment,
  output: T,
): T {
  const found = leaksIn(output.stdout + output.stderr, given);
  if (found.length > 0) throw new Error(`The output of ${args.join(' ')} holds the value of ${found.join()}.`);
  return output;
}

/** Names of the variables whose secret is in the text. */
export function leaksIn(text: string, given: CliEnvironment): string[] {
  return Object.entries(given)
    .filter(([name, value]) =>
      secretsOf(name, value ?? '').some((secret) => secret.length > 3 && text.includes(secret)),
    )
    .map(([name]) => name);
}

function secretsOf(name: string, value: string): string[] {
  if (name === 'BYOK_SECRET') return value.split(',');
  if (/API_KEY/.test(name)) return [value];
  if (name === 'DATABASE_URL' && URL.canParse(value)) return [value, new URL(value).password];
  return [];
}

/** Runs a command to its end, in a process that other commands have run in. */
export async function cli(args: readonly string[], given: CliEnvironment = {}): Promise<Ended & { output: string }> {
  return { ...leakless(args, given, await runInHost(args, environment(given))), signal: null };
}

/** Runs a command to its end, in a process of its own as an operator does. */
export function cliProcess(args: readonly string[], given: CliEnvironment = {}): Promise<Ended> {
  return start(process.execPath, [CLI, ...args], given).ended;
}

/** Runs a command and reads what it prints for machines. */
export async function cliJson(args: readonly string[], given: CliEnvironment) {
  const { code, stdout, stderr } = await cli([...args, '--json'], given);
  return { code, stderr, json: JSON.parse(stdout) };
}

/** One command on a terminal of its own, as `script` of util-linux gives one; both streams are one then. */
export function onTerminal(command: string, given: CliEnvironment, input?: string): Running {
  // In the place of the shell that runs it: dash would stay, and a Ctrl-C end it, with a status of its own.
  return start('script', ['-qec', `exec ${command}`, '/dev/null'], given, input);
}

/** The command line for a shell. */
export function shellCommand(args: string): string {
  return `'${process.execPath}' '${CLI}' ${args}`;
}

export const keyIdOf = (secret: string): string => new EncryptionService(secret).keyId.toString('hex');

/** Fills the migrated table with rows of the secret, whose key is in use then. */
export async function fillTable(database: TestDatabase, secret: string, rows: number): Promise<void> {
  const encryption = new EncryptionService(secret);
  await database.query('INSERT INTO byok_keyring (key_id, canary) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    encryption.keyId,
    encryption.canary(encryption.keyId),
  ]);
  await insertSealedRows({ url: database.url, rows, seal: sealWith(encryption) });
}

/** Rows that say they are sealed with the secret. */
export async function rowsOn(database: TestDatabase, secret: string): Promise<number> {
  const sql = `SELECT count(*)::int FROM user_api_keys WHERE encode(key_id, 'hex') = $1`;
  return (await database.query(sql, [keyIdOf(secret)]))[0].count;
}
