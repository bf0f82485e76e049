import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { bench, SNIPPETS, start, type Runs } from './bench.js';
import { readDocument } from './documents.js';
import { FIRST_STEPS_RUNS } from './runs/first-steps.js';
import { HTTP_RUNS } from './runs/http.js';
import { MOVING_IN_RUNS } from './runs/moving-in.js';
import { NOTICES_RUNS } from './runs/notices.js';
import { OPERATING_RUNS } from './runs/operating.js';
import { READING_KEYS_RUNS } from './runs/reading-keys.js';
import { README_RUNS } from './runs/readme.js';
import { RECIPES_RUNS } from './runs/recipes.js';
import { SHARED_KEYS_RUNS } from './runs/shared-keys.js';
import { TEST_RUNNER_RUNS } from './runs/test-runners.js';
import { REFUSED_KEYS_RUNS } from './runs/refused-keys.js';
import { snippetsOf } from './snippets.js';

/** A snippet that has no entry here fails, and so does an entry without a snippet. */
const RUNS: Runs = {
  ...README_RUNS,
  ...FIRST_STEPS_RUNS,
  ...READING_KEYS_RUNS,
  ...HTTP_RUNS,
  ...MOVING_IN_RUNS,
  ...NOTICES_RUNS,
  ...OPERATING_RUNS,
  ...RECIPES_RUNS,
  ...SHARED_KEYS_RUNS,
  ...TEST_RUNNER_RUNS,
  ...REFUSED_KEYS_RUNS,
};

beforeAll(() => bench.open());
afterEach(() => bench.stop());
afterAll(() => bench.close());

describe('The snippets of the documents', () => {
  it('are all run, and nothing else is', () => {
    expect([...SNIPPETS.keys()].sort()).toEqual(Object.keys(RUNS).sort());
    for (const { name, language } of SNIPPETS.values()) expect(name.split('.').at(-1)).toBe(language);
  });

  it('compile with the published types', () => {
    expect(bench.complaints).toEqual([]);
  });

  it.each([...SNIPPETS.keys()])('%s does what the document says', (name) => {
    expect(RUNS).toHaveProperty([name]);
    return RUNS[name]();
  });
});

describe('A document', () => {
  it('with a snippet that has no name, or one twice, or no end, is refused', () => {
    expect(() => snippetsOf('Text\n\n```ts\nlet x;\n```')).toThrow('Line 3: a snippet without a name');
    expect(() => snippetsOf('<!-- snippet: a.ts -->\n```ts\n```\n```sh\n```')).toThrow(
      'Line 4: a snippet without a name',
    );
    const twice = '<!-- snippet: a.ts -->\n```ts\n```\n';
    expect(() => snippetsOf(twice + twice)).toThrow('Line 5: a.ts is there twice');
    expect(() => snippetsOf('<!-- snippet: a.ts -->\n~~~ts\n```')).toThrow('a snippet without an end');
    expect(snippetsOf(twice)).toEqual([{ name: 'a.ts', language: 'ts', code: '', line: 2 }]);
  });
});

describe('docs/options.md', () => {
  it('lists all options', async () => {
    const app = start(bench.library.ByokModule.forRoot({ secret: '', nothing: true } as never));
    const message = await app.then(String, (error: Error) => error.message);
    const known = / The options are: (.*)\.$/.exec(message)![1].split(', ');
    expect(known.length).toBeGreaterThan(15);
    const [tables] = readDocument('docs/options.md').split('\n## ');
    const said = [...tables.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(said.sort()).toEqual([...known, 'isGlobal'].sort());
  });
});

describe('docs/errors.md', () => {
  it('lists all errors, with their status', () => {
    const rows = readDocument('docs/errors.md').matchAll(/^\| `(BYOK_\w+)`\s*\| (\d+)/gm);
    const said = [...rows].map(([, code, status]) => [code, Number(status)]);
    expect(Object.fromEntries(said)).toEqual(bench.library.BYOK_ERROR_STATUS);
  });
});
