import { beforeAll, describe, expect, it } from '@jest/globals';
import { ESLint } from 'eslint';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RULES = [
  'import-x/no-restricted-paths',
  'import-x/no-cycle',
  'import-x/no-default-export',
  'no-restricted-imports',
  'no-restricted-properties',
];

/** A file of each room, seen from lib. */
const ROOMS: Record<string, string> = {
  interfaces: 'interfaces/key-owner.interface.ts',
  errors: 'errors/byok.error.ts',
  constants: 'byok.constants.ts',
  channels: 'byok.channels.ts',
  validation: 'validation/names.ts',
  net: 'net/public-host.ts',
  logging: 'logging/redact.ts',
  crypto: 'crypto/padding.ts',
  kms: 'kms/vault-http.ts',
  opentelemetry: 'opentelemetry/listen.ts',
  terminus: 'terminus/byok-health.indicator.ts',
  storage: 'storage/session/tombstones.ts',
  views: 'views/page.tsx',
  options: 'byok.provider-options.ts',
  service: 'byok.service.ts',
  rotation: 'rotation/rotation.service.ts',
  guards: 'guards/https.guard.ts',
  interceptors: 'interceptors/cleanup.interceptor.ts',
  decorators: 'decorators/api-key.decorator.ts',
  http: 'http/same-origin.guard.ts',
  dashboard: 'dashboard/key-form.ts',
  cli: 'cli/site.ts',
  module: 'byok.module.ts',
  index: 'index.ts',
};

/** What each room may import: the design. The door and the wiring import what they like, and nobody imports them. */
const EVERYBODY_MAY = ['interfaces', 'errors', 'constants', 'channels'];
const DESIGN: Record<string, string[]> = {
  interfaces: [],
  errors: ['interfaces'],
  constants: [],
  channels: [],
  net: EVERYBODY_MAY,
  logging: EVERYBODY_MAY,
  validation: [...EVERYBODY_MAY, 'net'],
  crypto: EVERYBODY_MAY,
  kms: EVERYBODY_MAY,
  opentelemetry: EVERYBODY_MAY,
  terminus: EVERYBODY_MAY,
  storage: EVERYBODY_MAY,
  views: EVERYBODY_MAY,
  options: [...EVERYBODY_MAY, 'validation'],
  service: [...EVERYBODY_MAY, 'validation', 'net', 'crypto', 'storage'],
  rotation: [...EVERYBODY_MAY, 'crypto', 'storage'],
  guards: [...EVERYBODY_MAY, 'service'],
  interceptors: [...EVERYBODY_MAY, 'service'],
  decorators: [...EVERYBODY_MAY, 'validation', 'guards', 'http'],
  http: [...EVERYBODY_MAY, 'service', 'guards', 'interceptors', 'views'],
  dashboard: [...EVERYBODY_MAY, 'service', 'guards', 'http', 'interceptors', 'views'],
  cli: [...EVERYBODY_MAY, 'service', 'crypto', 'storage', 'rotation', 'module'],
};

describe('The arrows between the rooms of lib', () => {
  let eslint: ESLint;

  beforeAll(() => {
    eslint = eslintWith(RULES);
  });

  function eslintWith(rules: string[]): ESLint {
    return new ESLint({
      cwd: ROOT,
      // The arrows need no types, which is what takes ESLint its time.
      overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
      ruleFilter: ({ ruleId }) => rules.includes(ruleId),
    });
  }

  /** The rules that refuse each of these lines in front of a file of the library. */
  async function refusals(file: string, lines: string[]): Promise<string[][]> {
    const filePath = `${ROOT}lib/${file}`;
    const [{ messages }] = await eslint.lintText([...lines, await readFile(filePath, 'utf8')].join('\n'), { filePath });
    return lines.map((_, i) =>
      messages.filter(({ line }) => line === i + 1).map((found) => found.ruleId ?? found.message),
    );
  }

  function pathOf(from: string, to: string): string {
    const up = '../'.repeat(from.split('/').length - 1) || './';
    return `'${up}${to.replace(/\.tsx?$/, '.js')}'`;
  }

  it('are kept by the tree as it stands', async () => {
    // Circles within a room take as long to look for as all the rest: `npm run lint` does.
    const results = await eslintWith(RULES.filter((rule) => rule !== 'import-x/no-cycle')).lintFiles(['lib', 'sample']);
    expect(results.length).toBeGreaterThan(90);
    expect(
      results.flatMap(({ filePath, messages }) => messages.map(({ message }) => `${filePath}: ${message}`)),
    ).toEqual([]);
  });

  it('cover every room there is', async () => {
    const files = await readdir(`${ROOT}lib`, { recursive: true });
    const rooms = new Set(files.filter((file) => /[/\\].*\.tsx?$/.test(file)).map((file) => file.split(/[/\\]/)[0]));
    expect(rooms.size).toBeGreaterThan(9);
    expect([...rooms].filter((room) => !(room in ROOMS))).toEqual([]);
  });

  it('form no circle, in which each arrow would be allowed by itself', () => {
    const below = new Set<string>();
    for (let left = Object.keys(DESIGN); left.length > 0;) {
      const next = left.filter((room) => DESIGN[room].every((to) => below.has(to) || to === 'module'));
      expect(next).not.toEqual([]);
      next.forEach((room) => below.add(room));
      left = left.filter((room) => !below.has(room));
    }
  });

  it.each([
    ['import', (path: string) => `import ${path};`],
    ['import of types', (path: string) => `import type * as T from ${path};`],
  ])('refuse every other %s, and no other', async (_, lineOf) => {
    for (const [from, allowed] of Object.entries(DESIGN)) {
      const others = Object.keys(ROOMS).filter((to) => to !== from);
      const found = await refusals(
        ROOMS[from],
        others.map((to) => lineOf(pathOf(ROOMS[from], ROOMS[to]))),
      );
      const refused = others.filter((_, i) => found[i].includes('import-x/no-restricted-paths'));
      expect([from, refused]).toEqual([from, others.filter((to) => !allowed.includes(to))]);
    }
  });

  it.each(['guards', 'interceptors', 'http', 'dashboard', 'decorators'])(
    'refuse %s a way around the door of the use cases',
    async (room) => {
      const inner = ['byok.vault.ts', 'byok.startup.ts', 'byok.sweeper.ts', 'storage/index.ts', 'crypto/index.ts'];
      const found = await refusals(
        ROOMS[room],
        inner.map((to) => `import ${pathOf(ROOMS[room], to)};`),
      );
      for (const rules of found) expect(rules).toContain('import-x/no-restricted-paths');
    },
  );

  it('refuse the door and the wiring the command line, which stands on them', async () => {
    for (const file of [ROOMS.module, ROOMS.index, 'byok.module-definition.ts']) {
      const found = await refusals(file, [`import ${pathOf(file, 'cli/program.ts')};`]);
      expect(found[0]).toContain('import-x/no-restricted-paths');
    }
  });

  it('refuse a circle within a room', async () => {
    // errors.ts imports byok.error.ts.
    expect(await refusals('errors/byok.error.ts', [`import './errors.js';`])).toEqual([['import-x/no-cycle']]);
  });

  it.each([
    ['interfaces', 'pg'],
    ['errors', '@nestjs/common'],
    ['validation', 'class-validator'],
    ['crypto', 'typeorm'],
    ['crypto', '@nestjs/common'],
    ['kms', '@nestjs/common'],
    ['opentelemetry', 'typeorm'],
    ['terminus', 'pg'],
    ['views', '@nestjs/common'],
    ['views', 'express'],
  ])('keep %s from the package %s', async (room, name) => {
    expect(await refusals(ROOMS[room], [`import '${name}';`])).toEqual([['no-restricted-imports']]);
  });

  it('let the sample in by the front door only', async () => {
    const filePath = `${ROOT}sample/src/sessions.ts`;
    const [refused] = await eslint.lintText(`import '../../lib/index.js';`, { filePath });
    expect(refused.messages.map(({ ruleId }) => ruleId)).toEqual(['import-x/no-restricted-paths']);
    const [accepted] = await eslint.lintText(`import 'nestjs-byok';`, { filePath });
    expect(accepted.messages).toEqual([]);
  });

  it('refuse Math.random and default exports in the library', async () => {
    expect(await refusals('crypto/padding.ts', ['export default Math.random();'])).toEqual([
      ['import-x/no-default-export', 'no-restricted-properties'],
    ]);
  });
});
