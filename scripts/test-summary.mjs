#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LINES = 12;

/**
 * Sums up runs of jest: what failed, with the first error of each, and a last line such as "tests: 650 passed, 0 failed".
 * A spec file that could not run counts as a failure, and so does a run without results.
 *
 * @param {Record<string, object | undefined>} runs - what `jest --json` wrote, by the name of the run
 */
export function summarize(runs) {
  const failures = Object.entries(runs).flatMap(([name, run]) =>
    run ? failuresOf(run).map((lines) => inRun(name, lines)) : [[`${name}: ended without results`]],
  );
  const sum = (...names) =>
    Object.values(runs).reduce((total, run) => names.reduce((each, name) => each + (run?.[name] ?? 0), total), 0);
  const passed = sum('numPassedTests');
  const skipped = sum('numPendingTests', 'numTodoTests');
  const lines = failures.flat();
  if (skipped > 0) lines.push(`tests: ${skipped} skipped`);
  lines.push(`tests: ${passed} passed, ${failures.length} failed`);
  return { lines, ok: failures.length === 0 && passed > 0 };
}

function failuresOf({ testResults, numFailedTests, numRuntimeErrorTestSuites, success }) {
  const found = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(ROOT, name);
    const failed = assertionResults.filter((each) => each.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [[`${file} could not run`, ...headOf(message)]] : [];
    return failed.map(({ fullName, failureMessages: [error] }) => [`${file}: ${fullName}`, ...headOf(error)]);
  });
  // Whatever the list does not have.
  const counted = numFailedTests + numRuntimeErrorTestSuites;
  while (found.length < counted || (!success && found.length === 0)) found.push(['a failure that is not listed']);
  return found;
}

function inRun(name, [title, ...rest]) {
  return [`FAILED in ${name}: ${title}`, ...rest.map((line) => `    ${line}`)];
}

function headOf(text = '') {
  const plain = text.replace(/\u001b\[\d*m/g, '').split('\n');
  return plain.filter((line) => line.trim() !== '').slice(0, LINES);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const runs = process.argv.slice(2).map((argument) => argument.split('='));
  const { lines, ok } = summarize(Object.fromEntries(runs.map(([name, file]) => [name, read(file)])));
  console.log(lines.join('\n'));
  process.exitCode = ok ? 0 : 1;
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
