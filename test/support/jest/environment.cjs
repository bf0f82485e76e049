const { ModernFakeTimers } = require('@jest/fake-timers');
const { ModuleMocker } = require('jest-mock');

/** The realm of the process itself, which is left as it was found. */
module.exports = class NativeEnvironment {
  global = globalThis;
  moduleMocker = new ModuleMocker(globalThis);
  #environment = process.env;
  #variables = { ...process.env };
  #globals = Object.entries(Object.getOwnPropertyDescriptors(globalThis)).filter(
    ([, { value }]) => value !== undefined,
  );
  #exit = process.exit;
  #now = Date.now;
  #folder = process.cwd();
  #packages;

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  getVmContext() {
    return null;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }

  async setup() {
    this.#packages = await import('./process-state.mjs');
  }

  async teardown() {
    this.#packages?.restorePackages();
    this.fakeTimersModern.dispose();
    process.env = this.#environment;
    for (const name of Object.keys(process.env)) if (!(name in this.#variables)) delete process.env[name];
    Object.assign(process.env, this.#variables);
    for (const [name, descriptor] of this.#globals) {
      if (globalThis[name] !== descriptor.value) Object.defineProperty(globalThis, name, descriptor);
    }
    process.exit = this.#exit;
    Date.now = this.#now;
    process.chdir(this.#folder);
  }
};
