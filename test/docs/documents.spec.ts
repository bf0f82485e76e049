import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readManifest, ROOT } from '../support/manifest.js';
import { snippetsOf } from './snippets.js';

const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/operations.md',
  'docs/scaling.md',
];

describe.each(DOCUMENTS)('%s', (name) => {
  const text = read(name);

  it('names only commands that there are', async () => {
    const { scripts } = await readManifest();
    const said = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)].map(([, run, short]) => run ?? short);
    for (const script of said) expect(scripts).toHaveProperty([script]);
    if (name !== 'CHANGELOG.md') expect(text).toMatch(/\bnpm /);
  });

  it('names only files that there are', () => {
    // A link is seen from its document, a path from the project.
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => join(dirname(name), path));
    const paths = [...text.matchAll(/`((?:test|lib|sample|\.ci)\/[^`\s*]*)`/g)].map(([, path]) => path);
    for (const path of [...links, ...paths]) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });
});

describe('CONTRIBUTING.md', () => {
  const snippets = snippetsOf(read('CONTRIBUTING.md'));

  it('sets up with what the package has', () => {
    expect(snippets.map(({ name }) => name)).toEqual(['set-up.sh', 'rooms.text']);
    expect(snippets[0].code.split('\n')).toEqual(['npm ci', 'npm test', 'npm start']);
  });

  it('shows rooms that there are', () => {
    const named = snippets[1].code
      .split('\n')
      .slice(1)
      .flatMap((line) =>
        line
          .trim()
          .split(/ {2,}(?=\S+ \S| *types)/)[0]
          .split(/\s+/),
      )
      .filter((word) => /^[\w.-]+(\/|\.ts)$/.test(word));
    expect(named.length).toBeGreaterThan(12);
    for (const path of named) expect([path, existsSync(join(ROOT, 'lib', path))]).toEqual([path, true]);
  });
});

describe('SECURITY.md', () => {
  const text = read('SECURITY.md');

  it('answers every attacker', () => {
    const answered = [...text.matchAll(/^\| T(\d+) +\|/gm)].map(([, number]) => Number(number));
    expect(answered).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });

  it('names a test for every promise', () => {
    const table = text.slice(text.indexOf('\n## Promises'), text.indexOf('\n## What is not promised'));
    const rows = table
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    expect(rows.length).toBeGreaterThan(15);
    for (const row of rows)
      expect(row).toMatch(/\| `test\/\S+\.(spec|fault)\.ts`(, `test\/\S+\.(spec|fault)\.ts`)* +\|$/);
  });

  it('gives no address that nobody reads', () => {
    for (const name of DOCUMENTS) expect(read(name)).not.toMatch(/\w@\w+\.\w/);
  });
});
