import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const EXPECTED = Array.from({ length: 13 }, (_, i) => `R${i + 1}`);
const number = (id) => Number(/^R(\d+)/.exec(id)?.[1] ?? 99);

/** A reporter that ends a run of the fault tests with one table, and fails a whole run that has left a check out. */
export default class FaultTable {
  #error;

  onRunStart() {
    writeFileSync(process.env.FAULTS_REPORT, '');
  }

  onRunComplete(_, { testResults, numTotalTestSuites }) {
    const file = process.env.FAULTS_REPORT;
    const lines = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    rmSync(file, { force: true });
    const results = new Map(
      testResults.flatMap((suite) => suite.testResults.map((test) => [test.fullName, test.status])),
    );
    const rows = lines
      .sort((a, b) => number(a.id) - number(b.id) || a.id.localeCompare(b.id))
      .map(({ id, check, figure, bound, seed, test }) => [
        id,
        check,
        figure,
        bound,
        String(seed ?? ''),
        results.get(test) === 'passed' ? 'ok' : 'FAILED',
      ]);
    process.stdout.write(`\n${table([['id', 'check', 'figure', 'bound', 'seed', ''], ...rows]).join('\n')}\n`);
    const missing = EXPECTED.filter((id) => !lines.some((line) => line.id === id));
    const isWhole = numTotalTestSuites === Number(process.env.FAULTS_SUITES);
    if (isWhole && missing.length > 0) this.#error = new Error(`Nothing was reported of ${missing.join(', ')}.`);
  }

  getLastError() {
    return this.#error;
  }
}

function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd(),
  );
}
