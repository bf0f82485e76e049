import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { byokAssets, scriptUrl, stylesheetUrl } from '../../lib/entries/views.js';

const { stylesheet, script } = byokAssets();
const css = stylesheet.content.toString();

describe('the assets', () => {
  it('are small', () => {
    expect(gzipSync(stylesheet.content).length).toBeLessThanOrEqual(12 * 1024);
    expect(gzipSync(script.content).length).toBeLessThanOrEqual(6 * 1024);
    expect(stylesheet.content.length).toBeGreaterThan(10_000);
    expect(script.content.length).toBeGreaterThan(2_000);
  });

  it('are named by their content', () => {
    for (const { content, fileName, integrity } of [stylesheet, script]) {
      expect(fileName).toContain(createHash('sha256').update(content).digest('hex').slice(0, 16));
      expect(integrity).toBe(`sha384-${createHash('sha384').update(content).digest('base64')}`);
    }
    expect(stylesheetUrl('/keys/')).toBe(`/keys/assets/${stylesheet.fileName}`);
    expect(scriptUrl()).toBe(`/byok/assets/${script.fileName}`);
  });

  it('fetch nothing and evaluate nothing', () => {
    expect(css).not.toMatch(/@import|url\(\s*["']?(?!data:)/);
    expect(script.content.toString()).not.toMatch(/\beval\(|new Function|innerHTML|https?:\/\//);
  });
});

describe('the stylesheet', () => {
  /** What stands before the braces, without at-rules and what is nested in a rule. */
  const foreign = (sheet: string): string[] =>
    [...sheet.replace(/\/\*.*?\*\//gs, '').matchAll(/([^{};]+)\{/g)]
      .map(([, selector]) => selector.trim())
      .filter((selector) => !selector.startsWith('@') && !selector.includes('&') && !selector.includes('byok'));

  it('changes nothing of the page around the components', () => {
    expect(foreign('.byok-a{}h1{}.byok p{}')).toEqual(['h1']);
    // Frames of animations, and the attribute that says which theme: they set variables of ours alone.
    expect(
      foreign(css).filter((selector) => !/^(from|to|[\d.,%\s]+|\[data-theme="?'?(light|dark)'?"?\])$/.test(selector)),
    ).toEqual([]);
    expect(
      [...css.matchAll(/@keyframes ([\w-]+)/g)].map(([, name]) => name).filter((name) => !name.startsWith('byok')),
    ).toEqual([]);
  });

  it('knows both themes, paper and readers who want no motion', () => {
    for (const part of ['light-dark(', '@media print', 'prefers-reduced-motion:reduce', 'scripting:enabled']) {
      expect(css.replaceAll(': ', ':')).toContain(part);
    }
  });
});
