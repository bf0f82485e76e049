import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../support/manifest.js';

const SHOWN = 'export declare class Shown {\n  constructor(hidden: Hidden);\n}\n';
const FILES = {
  'whole.d.ts': `export declare class Hidden {}\n${SHOWN}`,
  'undeclared.d.ts': `declare class Hidden {}\n${SHOWN}export {};\n`,
  // Another entry point exports it, which is not enough.
  'elsewhere.d.ts': `export { Shown } from './whole.js';\n`,
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'byok-check-api-'));
  const types = Object.keys(FILES).map((file) => [`./${file.split('.')[0]}`, { types: `./${file}` }]);
  const exports = { ...Object.fromEntries(types), './style.css': './style.css' };
  const manifest = JSON.stringify({ name: 'checked', version: '1.0.0', exports });
  for (const [name, text] of Object.entries({ ...FILES, 'package.json': manifest })) {
    await writeFile(join(folder, name), text);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('The check of the published types refuses a type that its entry point does not export', () => {
  const script = join(ROOT, 'scripts/check-api.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({
    status: 1,
    stdout: './whole: 0 faults\n./undeclared: 1 faults\n./elsewhere: 1 faults\n',
  });
  expect(stderr).toMatch(/^\.\/undeclared: The symbol "Hidden" needs to be exported .* \(undeclared\.d\.ts:\d+\)$/m);
  expect(stderr).toMatch(/^\.\/elsewhere: The symbol "Hidden" needs to be exported .* \(whole\.d\.ts:\d+\)$/m);
});
