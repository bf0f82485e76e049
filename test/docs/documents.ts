import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/manifest.js';

export const readDocument = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

/** All pages below docs/, as paths from the root of the project. */
export const PAGES = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name.replaceAll('\\', '/')}`)
  .sort();

/** All documents. */
export const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...PAGES];

/** Pages with a spec of their own, which checks every fenced block of the page. */
export const PAGES_WITH_A_SPEC = ['docs/kms.md', 'docs/operations.md', 'docs/performance.md', 'docs/scaling.md'];

/** Documents whose snippets snippets.spec.ts runs. */
export const DOCUMENTS_WITH_SNIPPETS = ['README.md', ...PAGES.filter((page) => !PAGES_WITH_A_SPEC.includes(page))];

/** A document without its fenced blocks and inline code: the prose, its links and its headings. */
export function proseOf(markdown: string): string {
  return markdown.replace(/^(```|~~~)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, '``');
}

/** Anchors of the headings, as GitHub and GitLab make them. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  const withoutBlocks = markdown.replace(/^(```|~~~)[^]*?^\1/gm, '');
  return [...withoutBlocks.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
    const slug = heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
}

/** Targets of the links and images that stay in this repository. */
export function relativeLinksOf(markdown: string): string[] {
  return [...proseOf(markdown).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)]
    .map(([, target]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}
