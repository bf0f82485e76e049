import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pack } from '../support/consumer.js';
import { InstalledProject, type ModuleType, nodeOf } from '../support/installed-project.js';
import { readManifest, ROOT } from '../support/manifest.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { FRAMEWORKS } from './frameworks.js';
import { codeOf, consumerFile, GUARDED_CONTROLLER, RUNNERS, tsconfig, WRONG } from './sources.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const IS_SHORT = process.env['MATRIX'] === 'short';
const OWN_NODE = process.versions.node.split('.')[0];
/** Of the short form: paths of other versions, such as `…/22/node`, if the machine has them. */
const GIVEN_NODES = (process.env['MATRIX_NODES'] ?? '').split(':').filter(Boolean);
const NODES = IS_SHORT ? [OWN_NODE, ...GIVEN_NODES.map((path) => basename(dirname(path)))] : ['20', '22', '24'];

const ONE_COMPLAINT = [expect.stringMatching(/^wrong\.ts\(2,\d+\): error TS2322: Type 'number' is not assignable/)];

/** Of the matrix, what this run does. */
function chosen<T extends { isShort: boolean }>(all: readonly T[]): T[] {
  return all.filter(({ isShort }) => isShort || !IS_SHORT);
}

async function pathOf(major: string): Promise<string> {
  return GIVEN_NODES.find((path) => basename(dirname(path)) === major) ?? nodeOf(major);
}

let folder: string;
let tarball: string;
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  folder = await mkdtemp(join(tmpdir(), 'byok-tarball-'));
  tarball = (await pack(folder)).path;
});
afterAll(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(chosen(FRAMEWORKS))('$name', ({ packages, nest, resolutions }) => {
  let project: InstalledProject;

  beforeAll(async () => {
    project = await InstalledProject.install({ ...packages, 'nestjs-byok': `file:${tarball}` });
    const { exports } = (await readManifest()) as unknown as { exports: Record<string, { types?: string }> };
    const entries = Object.keys(exports).filter((entry) => exports[entry].types);
    const all = entries.map((entry, i) => `export * as e${i} from 'nestjs-byok${entry.slice(1)}';`).join('\n');
    for (const type of ['module', 'commonjs']) {
      await project.write(`${type}/app.ts`, consumerFile('app.ts'));
      await project.write(`${type}/strict.tsx`, consumerFile('strict.tsx'));
      await project.write(`${type}/all.ts`, all);
      await project.write(`${type}/wrong.ts`, WRONG);
      await project.write(`${type}/src/assistant.module.ts`, codeOf('assistant.module.ts'));
      await project.write(`${type}/src/assistant.spec.ts`, codeOf('assistant.spec.ts'));
    }
  });
  afterAll(() => project?.remove());

  /** Compiles an application, all entry points, and one line that is wrong. */
  async function compile(
    type: ModuleType,
    options: { moduleResolution: string; module: string; noEmit?: boolean },
  ): Promise<string[]> {
    // The JSX types of preact are out of reach for the node10 resolution.
    const files = options.moduleResolution === 'node10' ? ['*.ts'] : ['*.ts', '*.tsx'];
    await project.write(`${type}/tsconfig.json`, tsconfig(options, files));
    return project.compile(type);
  }

  it('is what npm has installed, once, and without conflicts of peers', async () => {
    expect(await project.versionOf('@nestjs/core')).toMatch(new RegExp(`^${nest.replaceAll('.', '\\.')}(\\.|$)`));
    expect(await project.versionOf('typeorm')).toMatch(
      new RegExp(`^${packages['typeorm'].replaceAll('.', '\\.')}(\\.|$)`),
    );
    const tree = JSON.parse(await project.read('node_modules/.package-lock.json')) as { packages: object };
    const copies = Object.keys(tree.packages).filter((path) =>
      /(^|\/)node_modules\/(@nestjs\/(common|core)|typeorm)$/.test(path),
    );
    expect(copies).toHaveLength(3);
  });

  describe.each(['module', 'commonjs'] as const)('%s', (type) => {
    let complaints: string[];

    beforeAll(async () => {
      complaints = await compile(type, { module: 'nodenext', moduleResolution: 'nodenext' });
    });

    it('compiles with nodenext', () => {
      expect(complaints).toEqual(ONE_COMPLAINT);
    });

    it.each(NODES)('application · Node %s', async (major) => {
      const env = { DATABASE_URL: database.url, TEST_KEY: KEY, NODE_ENV: 'test' };
      const printed = JSON.parse(await project.run(await pathOf(major), ['app.js'], { cwd: type, env })) as object;
      expect(printed).toMatchObject({
        stored: { provider: 'openai', hint: '…1f9c', source: 'database', status: 'active' },
        alice: { apiKey: KEY, source: 'database', providers: ['openai'] },
        bob: { statusCode: 403, code: 'BYOK_KEY_REQUIRED', providers: ['openai'], manageUrl: '/byok' },
        page: 200,
        copies: { different: [] },
        isRequire: type === 'commonjs' ? 'function' : 'undefined',
        node: major,
      });
      await database.query('TRUNCATE user_api_keys, byok_keyring CASCADE');
    });

    it('command line', async () => {
      const command = join(project.folder, 'node_modules/.bin/nestjs-byok');
      const secret = (await project.run(command, ['generate-secret'], { cwd: type })).trim();
      const env = { DATABASE_URL: database.url, BYOK_SECRET: secret.replace(/^BYOK_SECRET=/, '') };
      expect(JSON.parse(await project.run(command, ['status', '--json'], { cwd: type, env }))).toMatchObject({
        rows: 0,
      });
    });
  });

  const others = chosen(resolutions);
  (others.length > 0 ? it : it.skip).each(others)(
    '$type compiles with $moduleResolution',
    async ({ type, module, moduleResolution }) => {
      expect(await compile(type, { module, moduleResolution, noEmit: true })).toEqual(ONE_COMPLAINT);
    },
  );

  describe.each(chosen(RUNNERS))('$type $runner', ({ type, files, command }) => {
    beforeAll(async () => {
      const options = {
        module: 'nodenext',
        moduleResolution: 'nodenext',
        exactOptionalPropertyTypes: false,
        skipLibCheck: true,
      };
      await project.write(`${type}/tsconfig.json`, tsconfig(options, ['src']));
      await project.write(`${type}/nest-cli.json`, '{ "collection": "@nestjs/schematics", "sourceRoot": "src" }');
      const cli = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
      await project.run(process.execPath, [cli, 'generate', 'controller', 'chat', '--flat', '--skip-import'], {
        cwd: type,
      });
      expect(await project.read(`${type}/src/chat.controller.spec.ts`)).toContain('controllers: [ChatController]');
      await project.write(`${type}/src/chat.controller.ts`, GUARDED_CONTROLLER);
      for (const [name, text] of Object.entries(files)) await project.write(`${type}/${name}`, text);
    });
    afterAll(async () => {
      for (const name of [...Object.keys(files), 'src/chat.controller.spec.ts', 'src/chat.controller.ts']) {
        await rm(join(project.folder, type, name));
      }
    });

    it.each(IS_SHORT ? [OWN_NODE] : NODES)('Node %s', async (major) => {
      const output = await project.run(await pathOf(major), [...command], { cwd: type });
      expect(output).toMatch(/Tests:? +5 passed(, 5 total| \(5\))/);
    });
  });
});
