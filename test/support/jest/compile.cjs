const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const { fileURLToPath } = require('node:url');

const ROOT = join(__dirname, '../../..');
const CACHE = join(ROOT, 'node_modules/.cache/nestjs-byok-tests');

/** What the output depends on beside the source: the compiler, its options and this file. */
const VERSION = [
  require('typescript/package.json').version,
  readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'),
  readFileSync(__filename, 'utf8'),
].join('\0');

/**
 * JavaScript of a file in TypeScript. It is kept under a hash of the source, so that none is ever stale.
 *
 * @param {string} file
 */
exports.compile = function compile(file) {
  const source = readFileSync(file, 'utf8');
  const cached = cachePathOf(file, source);
  if (existsSync(cached)) return readFileSync(cached, 'utf8');
  const ts = require('typescript');
  const { config } = ts.parseConfigFileTextToJson('tsconfig.json', readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
  const { outputText, sourceMapText } = ts.transpileModule(source, {
    fileName: file,
    compilerOptions: {
      ...ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT).options,
      module: ts.ModuleKind.ESNext,
      noEmit: false,
      sourceMap: true,
    },
  });
  mkdirSync(CACHE, { recursive: true });
  write(`${cached}.map`, sourceMapText);
  write(cached, outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ''));
  return outputText;
};

/**
 * Where the source map of a loaded module is.
 *
 * @param {string} url
 */
exports.sourceMapOf = function sourceMapOf(url) {
  if (!isOurs(url) || !/\.tsx?(\?|$)/.test(url)) return undefined;
  const file = fileURLToPath(url);
  return `${cachePathOf(file, readFileSync(file, 'utf8'))}.map`;
};

/** Whether a URL is one of the project's own files. */
const isOurs = (exports.isOurs = (url) => url.startsWith(ROOT_URL) && !url.includes('/node_modules/'));
const ROOT_URL = require('node:url').pathToFileURL(`${ROOT}/`).href;

function cachePathOf(file, source) {
  const hash = createHash('sha256')
    .update([VERSION, basename(file), source].join('\0'))
    .digest('hex');
  return join(CACHE, `${hash}.js`);
}

/** Whole or not at all, since other workers read it. */
function write(path, text) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
