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
const { ROOMS } = (await import(`${ROOT}eslint.config.js`)) as { ROOMS: Record<string, string[]> };
const GROUND = ['interfaces', 'messages', 'errors', 'diagnostics', 'logging', 'validation'];

describe('The arrows between the rooms of lib', () => {
  let eslint: ESLint;
  /** Of each room its index, if it has one, and another file. Seen from lib. */
  const files: Record<string, { index: string | undefined; inner: string }> = {};

  beforeAll(async () => {
    eslint = eslintWith(RULES);
    for (const path of await readdir(`${ROOT}lib`, { recursive: true })) {
      const [room, ...rest] = path.split(/[/\\]/);
      if (!rest.length || !/\.tsx?$/.test(path) || path.includes('client')) continue;
      files[room] ??= { index: undefined, inner: '' };
      if (rest.join('/') === 'index.ts') files[room].index = path;
      else files[room].inner = path;
    }
  });

  function eslintWith(rules: string[]): ESLint {
    return new ESLint({
      cwd: ROOT,
      // The arrows need no types, and types are what ESLint needs its time for.
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

  it('hold in the tree as it stands', async () => {
    // Circles within a room take as long to look for as all the rest: `npm run lint` does.
    const results = await eslintWith(RULES.filter((rule) => rule !== 'import-x/no-cycle')).lintFiles(['lib', 'sample']);
    expect(results.length).toBeGreaterThan(90);
    expect(
      results.flatMap(({ filePath, messages }) => messages.map(({ message }) => `${filePath}: ${message}`)),
    ).toEqual([]);
  });

  it('cover every room there is, and leave at most six files loose', async () => {
    expect(
      Object.keys(files)
        .filter((room) => room !== 'assets')
        .sort(),
    ).toEqual(Object.keys(ROOMS).sort());
    const loose = (await readdir(`${ROOT}lib`)).filter((name) => name.includes('.'));
    expect(loose.length).toBeLessThanOrEqual(6);
  });

  it('form no circle, in which each arrow would be allowed by itself', () => {
    const below = new Set<string>();
    for (let left = Object.keys(ROOMS); left.length > 0;) {
      const next = left.filter((room) => ROOMS[room].every((to) => below.has(to)));
      expect(next).not.toEqual([]);
      next.forEach((room) => below.add(room));
      left = left.filter((room) => !below.has(room));
    }
  });

  it.each([
    ['import', (path: string) => `import ${path};`],
    ['import of types', (path: string) => `import type * as T from ${path};`],
  ])('refuse every other %s, and no other', async (_, lineOf) => {
    for (const [from, rooms] of Object.entries(ROOMS)) {
      const others = Object.keys(ROOMS).filter((to) => to !== from && files[to].index);
      const allowed = [...rooms, ...(GROUND.includes(from) ? [] : GROUND)];
      const found = await refusals(files[from].inner, [
        ...others.map((to) => lineOf(pathOf(files[from].inner, files[to].index!))),
        ...others.map((to) => lineOf(pathOf(files[from].inner, files[to].inner))),
      ]);
      const isRefused = found.map((rules) => rules.includes('import-x/no-restricted-paths'));
      const refused = others.filter((_, i) => isRefused[i]);
      expect([from, refused]).toEqual([from, others.filter((to) => !allowed.includes(to))]);
      // A room is entered through its index alone.
      expect([from, isRefused.slice(others.length)]).toEqual([from, others.map(() => true)]);
    }
  });

  it('keep the entry point and the wiring from the command line, which stands on them', async () => {
    for (const file of ['byok.module.ts', 'index.ts', 'byok.module-definition.ts']) {
      const found = await refusals(file, [`import ${pathOf(file, 'cli/program.ts')};`]);
      expect(found[0]).toContain('import-x/no-restricted-paths');
    }
  });

  it('keep the rooms from the entry point and the wiring', async () => {
    for (const room of Object.keys(ROOMS)) {
      const { inner } = files[room];
      const found = await refusals(
        inner,
        ['index.ts', ...(['cli', 'testing'].includes(room) ? [] : ['byok.module.ts'])].map(
          (file) => `import ${pathOf(inner, file)};`,
        ),
      );
      for (const rules of found) expect(rules).toContain('import-x/no-restricted-paths');
    }
  });

  it('refuse a circle within a room', async () => {
    // errors.ts imports byok.error.ts.
    expect(await refusals('errors/byok.error.ts', [`import './errors.js';`])).toEqual([['import-x/no-cycle']]);
  });

  it.each([
    ['interfaces/key-owner.interface.ts', 'pg'],
    ['errors/byok.error.ts', '@nestjs/common'],
    ['validation/names.ts', 'class-validator'],
    ['crypto/padding.ts', 'typeorm'],
    ['crypto/padding.ts', '@nestjs/common'],
    ['kms/vault-http.ts', '@nestjs/common'],
    ['opentelemetry/listen.ts', 'typeorm'],
    ['views/render.ts', '@nestjs/common'],
    ['views/render.ts', 'express'],
  ])('keep %s from the package %s', async (file, name) => {
    expect(await refusals(file, [`import '${name}';`])).toEqual([['no-restricted-imports']]);
  });

  it('let the sample import the library by its name only', async () => {
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
