import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ByokError } from '../errors/index.js';
import { CliError } from './cli-error.js';
import { forOperators } from './failure.js';

/** Milliseconds a module has to give its value: it may ask somebody for a token. */
const PATIENCE = 10_000;
const WRITABLE_BY_OTHERS = 0o002;

/** What a module is for. */
interface Purpose {
  /** As in `The secret module x.mjs …`. */
  name: string;
  /** How its path is given. */
  given: string;
  /** What it must export. */
  exports: string;
}

const SECRET: Purpose = {
  name: 'secret module',
  given:
    'Write --secret-module, or set BYOK_SECRET_MODULE, and the path of a JavaScript module, seen from this folder.',
  exports: `Let it end with "export default secret;", where secret is what forRoot takes as secret: a KeyWrapper, a secret, an array of them, or a function that gives it.`,
};
const PROVIDERS: Purpose = {
  name: 'module of providers',
  given: 'Write --providers-module and the path of a JavaScript module, seen from this folder.',
  exports: `Let it end with "export default providers;", where providers is what forRoot takes as providers, or a function that gives it.`,
};

/**
 * What a module of the operator's exports by default: what the option `secret` takes, or a function or a promise of it.
 *
 * @throws CliError with the type and the place of what the module threw, but not its text: that may hold a secret
 * @internal
 */
export async function loadSecretModule(path: string): Promise<unknown> {
  return loadModule(path, SECRET);
}

/** The same of a module for the option `providers`. @throws CliError @internal */
export async function loadProvidersModule(path: string): Promise<unknown> {
  return loadModule(path, PROVIDERS);
}

async function loadModule(path: string, purpose: Purpose): Promise<unknown> {
  const file = resolve(path);
  requireFile(path, file, purpose);
  const { href } = pathToFileURL(file);
  try {
    return await inTime(defaultExport(href, purpose));
  } catch (error) {
    throw explained(error, path, href, purpose);
  }
}

async function defaultExport(href: string, { exports }: Purpose): Promise<unknown> {
  const module = (await import(href)) as { default?: unknown };
  const exported = compiled(module.default);
  if (exported === undefined) throw new CliError('has no default export.', exports);
  const value: unknown = await (typeof exported === 'function' ? (exported as () => unknown)() : exported);
  if (value === undefined || value === null) throw new CliError('gives nothing by its default export.', exports);
  return value;
}

/** What TypeScript makes of `export default` for CommonJS. */
function compiled(exported: unknown): unknown {
  const { __esModule: isCompiled, default: inner } = (exported ?? {}) as { __esModule?: unknown; default?: unknown };
  return isCompiled === true ? inner : exported;
}

function requireFile(path: string, file: string, { name, given }: Purpose): void {
  let mode: number;
  try {
    const found = statSync(file);
    if (!found.isFile()) throw Object.assign(new Error(), { code: 'EISDIR' });
    ({ mode } = found);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(`The ${name} ${path} cannot be read (${code ?? 'unknown'}).`, given);
  }
  if (process.platform === 'win32' || !(mode & WRITABLE_BY_OTHERS)) return;
  throw new CliError(
    `The ${name} ${path} can be changed by every user of the machine, and is run with your rights.`,
    'Take that away: chmod o-w on the file.',
  );
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new CliError(`gave nothing within ${PATIENCE / 1_000} seconds.`, 'See what it waits for.')),
      PATIENCE,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function explained(error: unknown, path: string, href: string, { name }: Purpose): CliError {
  if (error instanceof CliError) return new CliError(`The ${name} ${path} ${error.message}`, error.advice);
  if (error instanceof ByokError) {
    return new CliError(`The ${name} ${path} failed: ${forOperators(error.message)}`, 'Fix it and try again.');
  }
  const { code, name: type, message, stack } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const [, missing] = /^Cannot find (?:package|module) '([^']+)'/.exec(message ?? '') ?? [];
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    return new CliError(
      `The ${name} ${path} imports ${missing ?? 'something'}, which is not there.`,
      "Install it, or put the module into the application's folder, from which its imports are found.",
    );
  }
  // The last two are Node's of a JSON file.
  if (/^ERR_(UNKNOWN_FILE_EXTENSION|IMPORT_ATTRIBUTE_MISSING|IMPORT_ASSERTION_TYPE_MISSING)$/.test(code ?? '')) {
    return new CliError(
      `The ${name} ${path} is not a JavaScript module.`,
      'Give a .mjs, .js or .cjs file; of TypeScript, what it is compiled to.',
    );
  }
  const kind = [type, code].filter((part) => typeof part === 'string' && /^\w{1,64}$/.test(part)).join(' ');
  return new CliError(
    `The ${name} ${path} failed${placeIn(stack, href)} (${kind || typeof error}).`,
    `What it said is not repeated here, for it may hold a secret. See it by: node -e "import('${href}').then((m) => m.default?.())"`,
  );
}

function placeIn(stack: string | undefined, href: string): string {
  const after = stack?.split(href)[1];
  const line = /^:(\d+)/.exec(after ?? '')?.[1];
  return line ? ` at line ${line}` : '';
}
