// Runs specs beside NestJS 11 and TypeORM 0.3, in a copy of the project that has them installed. The arguments are jest's; without
// any, what `npm run test:node` runs. The library is not built again: what is published is built beside the newest versions.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = ['dist', 'lib/assets', 'dev/dist', 'sample/dist'];
/** The majors that go with NestJS 11, of packages whose own is not 11. */
const MAJORS = { '@nestjs/apollo': 13, '@nestjs/graphql': 13, '@nestjs/mercurius': 13 };

const manifest = readManifestOf(ROOT);
const versions = { '@nestjs/common': '^11.0.0', '@nestjs/typeorm': '^11.0.0', typeorm: '^0.3.20' };
for (const name of Object.keys(manifest.devDependencies).filter((each) => each.startsWith('@nestjs/'))) {
  const { peerDependencies = {} } = readManifestOf(join(ROOT, 'node_modules', name));
  // Others run on both.
  if (peerDependencies['@nestjs/common'] === '^12.0.0') versions[name] = `^${MAJORS[name] ?? 11}.0.0`;
}
const args = process.argv.slice(2);
const hasSpecs = args.some((arg) => !arg.startsWith('-'));
const command = hasSpecs ? ['exec', '--', 'jest', ...args] : ['run', 'test:node', '--', ...args];

const copy = mkdtempSync(join(tmpdir(), 'byok-nest-11-'));
let status = 1;
try {
  copyProject();
  install();
  status = spawnSync('npm', command, { cwd: copy, stdio: 'inherit' }).status;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = status ?? 1;

function readManifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function copyProject() {
  // Some specs start servers as an account without rights.
  chmodSync(copy, 0o755);
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  for (const file of [...files.toString().split('\0').filter(Boolean), ...BUILT]) {
    const path = join(ROOT, file);
    if (existsSync(path)) cpSync(path, join(copy, file), { recursive: true });
  }
  // As hard links, where the file system has them: npm replaces the files of a package, and does not write into them.
  const modules = [join(ROOT, 'node_modules'), join(copy, 'node_modules')];
  const { status: linked } = spawnSync('cp', ['-al', ...modules], { stdio: 'ignore' });
  if (linked !== 0) {
    rmSync(modules[1], { recursive: true, force: true });
    cpSync(...modules, { recursive: true, verbatimSymlinks: true });
  }
  // npm does write into this one.
  rmSync(join(copy, 'node_modules/.package-lock.json'), { force: true });
}

function install() {
  writeFileSync(
    join(copy, 'package.json'),
    JSON.stringify({ ...manifest, devDependencies: { ...manifest.devDependencies, ...versions } }, null, 2),
  );
  // TypeORM 0.3 knows no client of Redis as new as the one that the specs of this library use; nothing joins the two.
  const options = [
    '--legacy-peer-deps',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  execFileSync('npm', ['install', ...options], { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const [name, range] of Object.entries(versions)) {
    const { version } = readManifestOf(join(copy, 'node_modules', name));
    if (!range.startsWith(`^${version.split('.')[0]}.`)) throw new Error(`${name} is ${version}, not ${range}.`);
    console.log(`${name} ${version}`);
  }
}
