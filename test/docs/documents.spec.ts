import { describe, expect, it } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { readManifest, ROOT } from '../support/manifest.js';
import { anchorsOf, DOCUMENTS, PAGES, proseOf, readDocument, relativeLinksOf } from './documents.js';
import { snippetsOf } from './snippets.js';

const SMALL_README = 10_000;
const SMALL_SECURITY = 15_000;

/** Phrases that "How we write" in CONTRIBUTING.md replaces. */
const AVOIDED =
  /\b(has to be|have to be|(?<!\bthere )(is|are) no (?!longer)|tells?|told|whoever|mend(s|ed)?|for ever|(is|are|was) away|makes? sure)\b/gi;

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

  it('is written as CONTRIBUTING.md asks', () => {
    expect(proseOf(text).match(AVOIDED) ?? []).toEqual([]);
  });

  it('has one title, and names no address that nobody reads', () => {
    expect(text.replace(/^(```|~~~)[^]*?^\1/gm, '').match(/^# .+/gm)).toHaveLength(1);
    expect(text).not.toMatch(/\w@\w+\.\w/);
  });
});

describe('The checks of documents', () => {
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

  it('reads phrases that are avoided, but not in code', () => {
    expect(proseOf('It has to be told. `whoever`\n```sh\nmend\n```').match(AVOIDED)).toEqual(['has to be', 'told']);
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
  const text = readDocument('CONTRIBUTING.md');
  const [setUp, request] = snippetsOf(text);

  it('sets up with what the package has', () => {
    expect([setUp.name, request.name]).toEqual(['set-up.sh', 'request.text']);
    expect(setUp.code.split('\n')).toEqual(['npm ci', 'npm test', 'npm start']);
  });

  it('shows the rooms of lib, and what each may import', async () => {
    const { ROOMS } = (await import(join(ROOT, 'eslint.config.js'))) as { ROOMS: Record<string, string[]> };
    const rows = text
      .slice(text.indexOf('<!-- rooms -->'), text.indexOf('A guarded request'))
      .matchAll(/^\| `(\w+)\/` +\|[^|]+\| (.*?) *\|$/gm);
    const shown = [...rows].map(([, room, others]) => [room, others.split(', ').filter((other) => other in ROOMS)]);
    const ground = new Set(['interfaces', 'errors', 'diagnostics', 'logging', 'validation']);
    const rooms = Object.entries(ROOMS).map(([room, others]) => [room, ground.has(room) ? [] : [...others].sort()]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(rooms));
  });

  it('follows a request through files that there are', () => {
    const paths = request.code.split('\n').map((line) => line.trim().split(' ')[0]);
    expect(paths.length).toBeGreaterThan(5);
    for (const path of paths) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });
});

describe('SECURITY.md', () => {
  it('answers every attacker', () => {
    const answered = [...readDocument('SECURITY.md').matchAll(/^\| T(\d+) +\|/gm)].map(([, number]) => Number(number));
    expect(answered).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
  });
});

describe('docs/options.md', () => {
  it('has the tables that `npm run docs:options` makes of the types', async () => {
    const { render } = (await import(join(ROOT, 'scripts/options-table.mjs'))) as { render: () => Promise<string> };
    const rendered = await render();
    expect(readDocument('docs/options.md')).toBe(rendered);
    // No option is without a meaning or a default.
    expect(rendered.match(/^\| `\w+`/gm)!.length).toBeGreaterThan(30);
    expect(rendered).not.toMatch(/^\| `\w+` +\|( +\||[^|]+\| +\|$)/m);
  });
});

describe('docs/security/evidence.md', () => {
  it('names a test for every guarantee', () => {
    const rows = [...readDocument('docs/security/evidence.md').matchAll(/^\| (?!guarantee|-)(.*)$/gm)].map(
      ([row]) => row,
    );
    expect(rows.length).toBeGreaterThan(40);
    for (const row of rows)
      expect(row).toMatch(/\| `test\/\S+\.(spec|fault)\.ts`(, `test\/\S+\.(spec|fault)\.ts`)* +\|$/);
  });
});
