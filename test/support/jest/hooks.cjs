const { existsSync } = require('node:fs');
const { fileURLToPath } = require('node:url');
const { compile, isOurs } = require('./compile.cjs');

// Hooks of Node's loader, for the files of a spec: what a URL with `?spec=` imports.

const NAMES = ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'jest', 'test'];

exports.resolve = function resolve(specifier, context, next) {
  const spec = /^file:.*[?&]spec=(\d+)/.exec(context.parentURL ?? '')?.[1];
  if (spec === undefined) return next(specifier, context);
  if (specifier === '@jest/globals') {
    return { url: `jest-globals:${spec}`, format: 'module', shortCircuit: true };
  }
  const typescript = /^\.{1,2}\/.*\.js$/.test(specifier) && typescriptOf(new URL(specifier, context.parentURL));
  if (typescript) return { url: `${typescript}?spec=${spec}`, format: 'module', shortCircuit: true };
  const found = next(specifier, context);
  return found instanceof Promise ? found.then((result) => anew(result, spec)) : anew(found, spec);
};

/**
 * Our own modules are loaded anew for each spec, and so is what a spec writes elsewhere and imports: that imports the
 * library too, which must not be another copy. CommonJS has a cache of its own.
 */
function anew(result, spec) {
  if (!/^file:(?!.*\/node_modules\/)/.test(result.url) || result.format !== 'module') return result;
  return { ...result, url: `${result.url}${result.url.includes('?') ? '&' : '?'}spec=${spec}` };
}

function typescriptOf({ href }) {
  if (!isOurs(href)) return undefined;
  return ['.ts', '.tsx'].map((end) => href.replace(/\.js$/, end)).find((url) => existsSync(fileURLToPath(url)));
}

exports.load = function load(url, context, next) {
  if (url.startsWith('jest-globals:')) {
    const source = `export const { ${NAMES.join(', ')} } = globalThis[Symbol.for('nestjs-byok.jest-globals')];`;
    return { format: 'module', source, shortCircuit: true };
  }
  if (!/\.tsx?\?spec=\d+$/.test(url) || !isOurs(url)) return next(url, context);
  return { format: 'module', source: compile(fileURLToPath(url)), shortCircuit: true };
};
