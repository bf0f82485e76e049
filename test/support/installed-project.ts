import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './manifest.js';

const run = promisify(execFile);

export type ModuleType = 'module' | 'commonjs';

/** Milliseconds. */
const TIMEOUT = 300_000;

/** An application into which npm installs packages: once for two projects, one of ES modules and one of CommonJS. */
export class InstalledProject {
  private constructor(readonly folder: string) {}

  /**
   * Installs packages and their peers, and nothing else.
   *
   * @param packages - Versions or paths by name. `*` means the version that this project has.
   * @throws what npm says, as for peers that do not fit
   */
  static async install(packages: Record<string, string>): Promise<InstalledProject> {
    const project = new InstalledProject(await mkdtemp(join(tmpdir(), 'byok-matrix-')));
    const entries = Object.entries(packages).map(async ([name, version]) => [
      name,
      version === '*' ? await versionOf(name) : version,
    ]);
    const dependencies = Object.fromEntries((await Promise.all(entries)) as [string, string][]);
    await project.write('package.json', JSON.stringify({ name: 'matrix', private: true, dependencies }));
    for (const type of ['module', 'commonjs'] as const) {
      await project.write(`${type}/package.json`, JSON.stringify({ name: type, private: true, type }));
    }
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts', '--strict-peer-deps'];
    try {
      await project.run('npm', args);
    } catch (error) {
      await project.remove();
      throw error;
    }
    return project;
  }

  async write(name: string, text: string): Promise<void> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.folder, name), 'utf8');
  }

  /** The version of a package that npm has installed. */
  async versionOf(name: string): Promise<string> {
    return (JSON.parse(await this.read(`node_modules/${name}/package.json`)) as { version: string }).version;
  }

  /**
   * Runs a command in one of its folders and gives what it prints.
   *
   * @throws with its output, where it fails
   */
  async run(command: string, args: string[], { cwd = '.', env = {} } = {}): Promise<string> {
    const environment: NodeJS.ProcessEnv = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...env };
    // Jest and Vitest set it, unless it is set; the options of this run are not theirs.
    for (const name of ['NODE_ENV', 'NODE_OPTIONS', 'JEST_WORKER_ID']) {
      if (!(name in env)) delete environment[name];
    }
    const options = { cwd: join(this.folder, cwd), env: environment, timeout: TIMEOUT, maxBuffer: 64 * 2 ** 20 };
    const { stdout, stderr } = await run(command, args, options).catch((error: Error & Record<string, string>) => {
      throw new Error(`${command} ${args.join(' ')}:\n${error['stdout']}\n${error['stderr']}`);
    });
    return stdout + stderr;
  }

  /** What its compiler complains of, in its own files and in the types of the library. */
  async compile(cwd: string): Promise<string[]> {
    const output = await this.run(process.execPath, ['../node_modules/typescript/bin/tsc', '-p', '.'], { cwd }).catch(
      (error: Error) => error.message,
    );
    const complaints = output.split('\n').filter((line) => /: error TS\d+:|^error TS/.test(line));
    return complaints.filter((line) => !line.includes('node_modules/') || line.includes('node_modules/nestjs-byok/'));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function versionOf(name: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

const nodes = new Map<string, Promise<string>>();

/** A version of Node, as a path: that of this process, or one that npm has. */
export function nodeOf(major: string): Promise<string> {
  const known = nodes.get(major);
  if (known) return known;
  const found = process.versions.node.startsWith(`${major}.`) ? Promise.resolve(process.execPath) : fetchNode(major);
  nodes.set(major, found);
  return found;
}

async function fetchNode(major: string): Promise<string> {
  const { stdout } = await run('npx', ['-y', '-p', `node@${major}`, 'node', '-p', 'process.execPath']);
  const folder = await mkdtemp(join(tmpdir(), `byok-node-${major}-`));
  await chmod(folder, 0o755);
  // npm's cache of commands may be emptied at any time.
  await copyFile(stdout.trim(), join(folder, 'node'));
  return join(folder, 'node');
}
