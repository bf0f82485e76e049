import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/manifest.js';

const RUN = { testResults: [], numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 0, success: true };
const suite = (file: string, more: object) => ({
  name: join(ROOT, 'test', file),
  status: 'passed',
  message: '',
  assertionResults: [],
  ...more,
});

/** Runs the script on what runs of jest wrote: text is written as it is, and of `undefined` there is no file. */
async function summaryOf(runs: Record<string, object | string | undefined>) {
  const folder = await mkdtemp(join(tmpdir(), 'byok-summary-'));
  const names = await Promise.all(
    Object.entries(runs).map(async ([name, run], i) => {
      const file = join(folder, `${i}.json`);
      if (run !== undefined) await writeFile(file, typeof run === 'string' ? run : JSON.stringify(run));
      return `${name}=${file}`;
    }),
  );
  const ran = promisify(execFile)(process.execPath, [join(ROOT, 'scripts/test-summary.mjs'), ...names]);
  const { stdout, code } = await ran.then(
    (done) => ({ ...done, code: 0 }),
    (error: { stdout: string; code: number }) => error,
  );
  await rm(folder, { recursive: true });
  return { code, lines: stdout.trimEnd().split('\n') };
}

describe('The summary of several runs', () => {
  it('adds up what passed and what was skipped', async () => {
    const runs = { test: { ...RUN, numPassedTests: 7, numPendingTests: 2 }, faults: { ...RUN, numPassedTests: 3 } };
    const lines = ['tests: 2 skipped', 'tests: 10 passed, 0 failed'];
    expect(await summaryOf(runs)).toEqual({ code: 0, lines });
  });

  it('names each test that failed and its first error, of every run', async () => {
    const failed = {
      ...RUN,
      success: false,
      numFailedTests: 1,
      numRuntimeErrorTestSuites: 1,
      testResults: [
        suite('a.spec.ts', {
          status: 'failed',
          assertionResults: [
            { status: 'passed', fullName: 'A works', failureMessages: [] },
            {
              status: 'failed',
              fullName: 'A breaks',
              failureMessages: ['\u001b[31mone\u001b[39m is not two\n\n  at a', 'second'],
            },
          ],
        }),
        suite('b.spec.ts', { status: 'failed', message: 'Cannot find module' }),
        suite('c.spec.ts', {}),
      ],
    };
    expect(await summaryOf({ test: { ...RUN, numPassedTests: 7 }, faults: failed })).toEqual({
      code: 1,
      lines: [
        'FAILED in faults: test/a.spec.ts: A breaks',
        '    one is not two',
        '      at a',
        'FAILED in faults: test/b.spec.ts could not run',
        '    Cannot find module',
        'tests: 7 passed, 2 failed',
      ],
    });
  });

  it.each([
    ['wrote nothing', undefined],
    ['was ended while it wrote', '{"testResults": ['],
  ])('counts a run that %s as a failure', async (_, run) => {
    expect(await summaryOf({ test: { ...RUN, numPassedTests: 7 }, 'Node 24': run })).toEqual({
      code: 1,
      lines: ['Node 24: ended without results', 'tests: 7 passed, 1 failed'],
    });
  });

  it('fails without any test that passed, and for a run that failed otherwise', async () => {
    expect((await summaryOf({ test: RUN })).code).toBe(1);
    const { code, lines } = await summaryOf({ test: { ...RUN, numPassedTests: 7, success: false } });
    expect([code, lines.at(-1)]).toEqual([1, 'tests: 7 passed, 1 failed']);
  });
});
