import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../support/manifest.js';

interface Target {
  id: string;
  measure: string;
  value: string;
  isMet: boolean;
}

/** Of a script: what stands in the documents is what it makes of the figures. */
async function load<T>(name: string): Promise<T> {
  return (await import(join(ROOT, 'bench', name))) as T;
}

describe('docs/performance.md', () => {
  it('and its images hold the figures that were measured', async () => {
    const { render } = await load<{ render: () => Promise<Record<string, string>> }>('document.mjs');
    const rendered = await render();
    expect(Object.keys(rendered)).toHaveLength(4);
    for (const [name, content] of Object.entries(rendered)) {
      expect({ [name]: await readFile(join(ROOT, 'docs', name), 'utf8') }).toEqual({ [name]: content });
    }
    expect(rendered['performance.md']).toContain('requests a second, 50 connections');
  });

  it('has a figure for every target, and says which were missed', async () => {
    const { judge } = await load<{ judge: (results: unknown) => Target[] }>('targets.mjs');
    const text = await readFile(join(ROOT, 'docs/performance.md'), 'utf8');
    const judged = judge(JSON.parse(await readFile(join(ROOT, 'docs/performance.json'), 'utf8')));
    expect(judged.length).toBeGreaterThanOrEqual(19);
    expect(judge({})).toEqual([]);
    for (const { id, measure, value, isMet } of judged) {
      const isRow = (line: string) =>
        line.startsWith(`| ${id} `) && line.includes(`| ${measure} `) && line.includes(`| ${value} `);
      const row = text.split('\n').find(isRow);
      expect(row).toMatch(isMet ? /\| met +\|$/ : /\| \*\*missed\*\* +\|$/);
    }
  });
});
