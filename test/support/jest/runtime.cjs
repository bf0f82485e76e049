const nodeModule = require('node:module');
const { pathToFileURL } = require('node:url');
const { default: Runtime } = require('jest-runtime');
const { sourceMapOf } = require('./compile.cjs');
const hooks = require('./hooks.cjs');

/** The functions of \@jest/globals of the spec that runs. */
const GLOBALS = Symbol.for('nestjs-byok.jest-globals');

/** What jest-circus keeps outside of its module. */
const CIRCUS = ['EVENT_HANDLERS', 'RETRY_TIMES', 'RETRY_TIMES_SETTER', 'TEST_TIMEOUT_SYMBOL'].map(Symbol.for);

// In the same thread where Node can.
if (nodeModule.registerHooks) nodeModule.registerHooks(hooks);
else nodeModule.register('./hooks.cjs', pathToFileURL(__filename));

let specs = 0;

/**
 * Loads specs by Node's own loader in the realm of the process, instead of jest's in a realm of its own: packages are
 * loaded once a worker, and not once a spec. Our own modules, those of `lib` too, are loaded anew for each spec.
 */
module.exports = class NativeRuntime extends Runtime {
  #spec = ++specs;

  setGlobalsForRuntime(globals) {
    super.setGlobalsForRuntime(globals);
    globalThis[GLOBALS] = this.jestGlobals.cjsGlobals(this._testPath);
  }

  /** jest-circus, which is loaded anew for each spec as well. */
  requireInternalModule(path) {
    for (const symbol of CIRCUS) delete globalThis[symbol];
    delete require.cache[path];
    return require(path);
  }

  requireModule(path) {
    return require(path);
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  unstable_importModule(path) {
    return import(`${pathToFileURL(path).href}?spec=${this.#spec}`);
  }

  getSourceMaps() {
    return { get: sourceMapOf, *[Symbol.iterator]() {} };
  }

  installGetBuiltinModule() {}
};
