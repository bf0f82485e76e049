import { describe, expect, it } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { readManifest, ROOT } from '../support/manifest.js';
import { anchorsOf, DOCUMENTS, PAGES, readDocument, relativeLinksOf } from './documents.js';
import { snippetsOf } from './snippets.js';

const SMALL_README = 10_000;
const SMALL_SECURITY = 15_000;

/** Links of a document that lead nowhere. */
function brokenLinks(name: string, text: string): string[] {
  return relativeLinksOf(text).filter((link) => {
    const [path, anchor] = link.split('#');
    const target = path === '' ? name : posix.normalize(posix.join(dirname(name), path));
    if (target.startsWith('..') || !existsSync(join(ROOT, target))) return true;
    return anchor !== undefined && !anchorsOf(target === name ? text : readDocument(target)).includes(anchor);
  });
}

describe.each(DOCUMENTS)('%s', (name) => {
  const text = readDocument(name);

  it('names only commands that there are', async () => {
    const { scripts } = await readManifest();
    const said = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)].map(([, run, short]) => run ?? short);
    for (const script of said) expect(scripts).toHaveProperty([script]);
  });

  it('names only files that there are', () => {
    const paths = [...text.matchAll(/`((?:test|lib|sample|docs|scripts|\.ci)\/[^`\s*]*)`/g)].map(([, path]) => path);
    for (const path of paths) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });

  it('links to files and headings that there are', () => {
    expect(brokenLinks(name, text)).toEqual([]);
  });

  it('has one title, and names no address that nobody reads', () => {
    expect(text.replace(/^(```|~~~)[^]*?^\1/gm, '').match(/^# .+/gm)).toHaveLength(1);
    expect(text).not.toMatch(/\w@\w+\.\w/);
  });
});

describe('The check of links', () => {
  it('finds a missing file, a missing heading, and a file outside', () => {
    const text =
      '# A\n[a](nothing.md) [b](#a) [c](#no) [d](operations.md#sizing) [e](operations.md#no) [f](../../x.md)';
    const broken = ['nothing.md', '#no', 'operations.md#no', '../../x.md'];
    expect(brokenLinks('docs/kms.md', text)).toEqual(broken);
  });

  it('reads headings as the repository hosts do', () => {
    const text = '# `ByokService`\n## Vault Transit (and OpenBao)\n## P2, P3: a/b\n## Same\n## Same\n```sh\n# no\n```';
    const anchors = ['byokservice', 'vault-transit-and-openbao', 'p2-p3-ab', 'same', 'same-1'];
    expect(anchorsOf(text)).toEqual(anchors);
  });

  it('sees the links that the documents have', () => {
    expect(relativeLinksOf(readDocument('README.md')).length).toBeGreaterThan(20);
    expect(DOCUMENTS.length).toBeGreaterThan(20);
  });
});

describe('The documents', () => {
  it(`are a README of at most ${SMALL_README} bytes, and a SECURITY.md of at most ${SMALL_SECURITY}`, () => {
    expect(statSync(join(ROOT, 'README.md')).size).toBeLessThanOrEqual(SMALL_README);
    expect(statSync(join(ROOT, 'SECURITY.md')).size).toBeLessThanOrEqual(SMALL_SECURITY);
  });

  it('are all in the index', () => {
    const linked = relativeLinksOf(readDocument('docs/README.md')).map((link) => posix.join('docs', link));
    expect(linked).toEqual(expect.arrayContaining(PAGES.filter((page) => page !== 'docs/README.md')));
  });
});

describe('CONTRIBUTING.md', () => {
  const snippets = snippetsOf(readDocument('CONTRIBUTING.md'));

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
  it('answers every attacker', () => {
    const answered = [...readDocument('SECURITY.md').matchAll(/^\| T(\d+) +\|/gm)].map(([, number]) => Number(number));
    expect(answered).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });
});

describe('docs/security/evidence.md', () => {
  it('names a test for every guarantee', () => {
    const rows = readDocument('docs/security/evidence.md')
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2);
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows)
      expect(row).toMatch(/\| `test\/\S+\.(spec|fault)\.ts`(, `test\/\S+\.(spec|fault)\.ts`)* +\|$/);
  });
});
