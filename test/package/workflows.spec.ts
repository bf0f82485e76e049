import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readManifest, ROOT } from '../support/manifest.js';

const FOLDER = join(ROOT, '.github/workflows');

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  strategy?: { matrix: { include: Record<string, unknown>[] } };
  needs?: string;
  steps: Step[];
}
interface Workflow {
  on: object;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

/** A file of YAML, in which a name that comes twice or a fault of its form is an error. */
function read<T>(path: string): T {
  return parse(readFileSync(path, 'utf8'), { strict: true, uniqueKeys: true }) as T;
}

const workflows = readdirSync(FOLDER).map((file) => ({ file, ...read<Workflow>(join(FOLDER, file)) }));
const jobs = workflows.flatMap(({ file, ...workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ ...job, name: `${file} ${name}` })),
);

/** The scripts that commands name, with what stands in the rows of a matrix for what a command leaves open. */
function scriptsOf({ steps, strategy }: Job): string[] {
  const rows = strategy?.matrix.include ?? [{}];
  return steps.flatMap(({ run = '' }) =>
    rows.flatMap((row) => {
      const command = run.replace(/\$\{\{ matrix\.(\w+) \}\}/g, (_, name: string) => String(row[name]));
      return [...command.matchAll(/npm run (?:-s )?(\S+)/g)].map(([, script]) => script);
    }),
  );
}

describe('The workflows', () => {
  it('are those of the checks and of a release', () => {
    expect(workflows.map(({ file }) => file).sort()).toEqual(['ci.yml', 'release.yml']);
    for (const workflow of workflows)
      expect(workflow).toMatchObject({ on: expect.any(Object), jobs: expect.any(Object) });
  });

  it('name scripts that the package has', async () => {
    const { scripts } = await readManifest();
    const named = jobs.flatMap(scriptsOf);
    expect(named).toEqual(expect.arrayContaining(['build', 'test', 'test:node', 'test:nest11', 'test:matrix']));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const wrong = {
      steps: [{ run: 'npm run ${{ matrix.script }}' }],
      strategy: { matrix: { include: [{ script: 'x' }] } },
    };
    expect(scriptsOf(wrong)).toEqual(['x']);
  });

  it('run all that `.ci/run` runs', async () => {
    const { scripts } = await readManifest();
    const own = readFileSync(join(ROOT, '.ci/run'), 'utf8');
    const wanted = [...own.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script);
    expect(wanted.length).toBeGreaterThan(5);
    expect(wanted.filter((name) => !(name in scripts))).toEqual([]);
    const checks = jobs.filter(({ name }) => name.startsWith('ci.yml')).flatMap(scriptsOf);
    expect(wanted.filter((name) => !checks.includes(name))).toEqual([]);
  });

  it('may read the repository, and only what publishes may do more', () => {
    for (const { permissions } of workflows) expect(permissions).toEqual({ contents: 'read' });
    const more = jobs.filter(({ permissions }) => permissions);
    expect(more.map(({ name, permissions, needs }) => ({ name, permissions, needs }))).toEqual([
      { name: 'release.yml publish', permissions: { contents: 'read', 'id-token': 'write' }, needs: 'check' },
    ]);
  });

  it('keep no credentials in the checkout, name a version of each action, and end', () => {
    for (const job of jobs) {
      expect(job['timeout-minutes']).toBeGreaterThan(0);
      const uses = job.steps.filter((step) => step.uses !== undefined);
      for (const step of uses) expect(step.uses).toMatch(/^actions\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
      expect(uses[0]).toMatchObject({
        uses: expect.stringContaining('checkout'),
        with: { 'persist-credentials': false },
      });
    }
  });

  it('cover each version of Node that the package says it runs on', async () => {
    const { engines } = (await readManifest()) as unknown as { engines: { node: string } };
    const majors = [...engines.node.matchAll(/[\^=](\d+)\./g)].map(([, major]) => Number(major));
    const rows = jobs.flatMap(({ strategy }) => strategy?.matrix.include ?? []);
    expect(majors).toEqual([20, 22, 24]);
    expect([...new Set(rows.map(({ node }) => node))].sort()).toEqual(majors);
    expect([...new Set(rows.map(({ nest }) => nest))].sort()).toEqual([11, 12]);
  });

  it('are kept up to date, as the packages are', () => {
    const { updates } = read<{ updates: object[] }>(join(ROOT, '.github/dependabot.yml'));
    expect(updates).toMatchObject([{ 'package-ecosystem': 'npm' }, { 'package-ecosystem': 'github-actions' }]);
  });
});
