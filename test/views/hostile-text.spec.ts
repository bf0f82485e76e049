import { describe, expect, it } from '@jest/globals';
import { h } from 'preact';
import { renderToString, safeUrl } from '../../lib/entries/views.js';
import { type Fixture, FIXTURES } from './fixtures.js';
import { HOSTILE, HOSTILE_IN_FEWER } from './hostile-strings.js';
import { type Shape, shapeOf } from './html-shape.js';

type Path = readonly (string | number)[];

const ADDRESSES = new Set(['action', 'actionUrl', 'replaceAction', 'deleteAction', 'baseUrl', 'docsUrl']);

/** Where in the properties a text stands. */
function textsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof RegExp) return [];
  if (path.at(-1) === 'messages') return [path];
  return Object.entries(value).flatMap(([name, inner]) => textsIn(inner, [...path, name]));
}

/** A copy with another text at a place; of a catalogue, every text. */
function withText(value: unknown, [name, ...rest]: Path, text: string): unknown {
  if (name === undefined) {
    if (typeof value === 'string') return text;
    const all = Object.entries(value as object).map(([key, old]) => [
      key,
      typeof old === 'string' ? text : { other: text },
    ]);
    return Object.fromEntries(all);
  }
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[name] = withText(copy[name], rest, text);
  return copy;
}

function render({ component, props }: Fixture, path: Path, text: string): string {
  return renderToString(h(component, withText(props, path, text) as object));
}

describe('hostile texts', () => {
  it('are 200 and more', () => expect(HOSTILE.length).toBeGreaterThanOrEqual(200));

  it.each([
    ['one by one', HOSTILE, 150],
    ['in a row', HOSTILE_IN_FEWER, 45],
  ])('are recognised %s where a component lets them through', (_, texts, least) => {
    const naive = texts.map((text) => shapeOf(`<p title='${text}'>${text}</p><a href="${text.trim()}">x</a>`));
    const benign = shapeOf('<p title="a">a</p><a href="a">x</a>').structure;
    const found = naive.filter(({ structure, dangers }) => structure !== benign || dangers.length > 0);
    expect(found.length).toBeGreaterThanOrEqual(least);
  });

  const cases = FIXTURES.flatMap((fixture) =>
    textsIn(fixture.props).map((path) => [`${fixture.name} ${path.join('.')}`, fixture, path] as const),
  );
  it.each(cases)('%s stays text', (_, fixture, path) => {
    const isAddress = ADDRESSES.has(String(path.at(-1)));
    const plain = shapeOf(render(fixture, path, 'zzz')).structure;
    const refused = shapeOf(render(fixture, path, 'javascript:zzz')).structure;
    // An unknown language, say, changes nothing.
    const seen = new Map<string, Pick<Shape, 'structure' | 'dangers'>>();
    const wrong: unknown[] = [];
    for (const text of isAddress ? HOSTILE : HOSTILE_IN_FEWER) {
      const html = render(fixture, path, text);
      const { structure, dangers } = seen.get(html) ?? shapeOf(html);
      seen.set(html, { structure, dangers });
      const allowed =
        isAddress && safeUrl(text) === undefined && path.at(-1) !== 'baseUrl' ? [refused] : [plain, refused];
      if (!allowed.includes(structure) || dangers.length > 0) wrong.push({ text, dangers });
    }
    expect(wrong).toEqual([]);
  });

  it('are shown as they are', () => {
    const alert = FIXTURES.find(({ name }) => name === 'Alert')!;
    const shown = HOSTILE.filter((text) => !/[\0\r\ud800]/.test(text));
    for (const text of shown) expect(shapeOf(render(alert, ['message'], text)).texts).toContain(text);
  });
});
