import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { readManifest, ROOT } from './manifest.js';

const run = promisify(execFile);

/** The package as it would be published. */
export interface Tarball {
  path: string;
  files: { path: string; size: number }[];
  /** Bytes of the tarball, and of what is in it. */
  size: number;
  unpackedSize: number;
}

/** Packs what is built into a folder. */
export async function pack(folder: string): Promise<Tarball> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
    shell: process.platform === 'win32',
  });
  const [{ filename, files, size, unpackedSize }] = Object.values(
    JSON.parse(stdout) as Record<string, Omit<Tarball, 'path'> & { filename: string }>,
  );
  return { path: join(folder, filename), files, size, unpackedSize };
}

/** A fresh application in a folder of its own. What is not linked or installed into it cannot be imported. */
export class Consumer {
  private constructor(readonly folder: string) {}

  static async create(type: 'module' | 'commonjs'): Promise<Consumer> {
    const folder = await mkdtemp(join(tmpdir(), `byok-consumer-${type}-`));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type }));
    return new Consumer(folder);
  }

  /** One of ES modules that has the library as it is built here, what it needs, and these packages. */
  static async withLibrary(...packages: string[]): Promise<Consumer> {
    const consumer = await Consumer.create('module');
    const { dependencies, peerDependencies } = await readManifest();
    await consumer.link(...Object.keys({ ...dependencies, ...peerDependencies }), ...packages);
    await consumer.linkLibrary();
    return consumer;
  }

  /** Puts packages into it that the project has: nothing is fetched. */
  async link(...names: string[]): Promise<void> {
    for (const name of names) await this.#link(name, join(ROOT, 'node_modules', name));
  }

  /** Puts the library into it, as it is built here. */
  async linkLibrary(): Promise<void> {
    await this.#link((await readManifest()).name, ROOT);
  }

  /** Unpacks a tarball into it, as npm does. */
  async install(name: string, { path }: Tarball): Promise<void> {
    const target = join(this.folder, 'node_modules', name);
    await mkdir(target, { recursive: true });
    await run('tar', ['-xzf', path, '-C', target, '--strip-components', '1']);
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  /**
   * Compiles files as the application's own compiler would, with the published types, and tells what it complains of:
   * in them, and in the types of the library.
   */
  compile(files: string[], options: ts.CompilerOptions = {}): string[] {
    const settings: ts.CompilerOptions = {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      rootDir: this.folder,
      outDir: this.folder,
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      strict: true,
      noUnusedLocals: true,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      esModuleInterop: true,
      ...options,
    };
    const program = ts.createProgram(files, settings, cachingHost(settings));
    const complaints = [
      ...program.getOptionsDiagnostics(),
      ...program
        .getSourceFiles()
        .filter(({ fileName }) => files.includes(fileName) || /[/\\]nestjs-byok[/\\]/.test(fileName))
        .flatMap((file) => ts.getPreEmitDiagnostics(program, file)),
      // One by one: what emits everything checks everything before, and all the packages' types are much.
      ...files.flatMap((file) => program.emit(program.getSourceFile(file)).diagnostics),
    ];
    return [...new Set(complaints.map(format))];
  }

  /** Links the commands of its packages, as npm does when it installs them, and runs one by npx. */
  async npx(args: string[], env: Record<string, string> = {}): Promise<string> {
    const options = { cwd: this.folder, env: { ...process.env, ...env } };
    await run('npm', ['rebuild', '--ignore-scripts', '--offline', 'nestjs-byok'], options);
    return (await run('npx', ['--no-install', ...args], options)).stdout;
  }

  /** Runs one of its files and gives what it prints. */
  async run(file: string, env: Record<string, string>): Promise<string> {
    const { stdout } = await run(process.execPath, [join(this.folder, file)], {
      cwd: this.folder,
      env: { ...process.env, ...env },
    });
    return stdout;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #link(name: string, target: string): Promise<void> {
    const path = join(this.folder, 'node_modules', name);
    await mkdir(dirname(path), { recursive: true });
    await symlink(target, path, 'junction');
  }
}

const parsed = new Map<string, ts.SourceFile>();

/** Parses what the packages declare once, not once for every program. */
function cachingHost(settings: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(settings, true);
  const parse = host.getSourceFile.bind(host);
  host.getSourceFile = (name, target, ...more) => {
    const known = parsed.get(name);
    if (known) return known;
    const file = parse(name, target, ...more);
    if (file?.isDeclarationFile) parsed.set(name, file);
    return file;
  };
  return host;
}

function format({ file, start, messageText }: ts.Diagnostic): string {
  const where =
    file && start !== undefined ? `${file.fileName}:${file.getLineAndCharacterOfPosition(start).line + 1}: ` : '';
  return where + ts.flattenDiagnosticMessageText(messageText, '\n');
}
