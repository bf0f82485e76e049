// The benchmarks: `npm run bench -- --help`.
import { Argument, Command, Option } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import { MEASURES } from './measures/index.mjs';
import { describeMachine } from './support/machine.mjs';
import { judge } from './targets.mjs';

const { args, opts } = parse();
const chosen = args.length > 0 ? args : Object.keys(MEASURES);
const size = opts.full ? 'full' : opts.quick ? 'quick' : 'usual';
const results = opts.json ? await resultsIn(opts.json) : {};
results.machine = await describeMachine();
for (const name of chosen) {
  const { run, ...sizes } = MEASURES[name];
  if (sizes[size] === null) continue;
  const begun = performance.now();
  process.stderr.write(`${name} … `);
  results[name] = { ...(await run({ ...sizes[size] })), size };
  process.stderr.write(`${((performance.now() - begun) / 1_000).toFixed(0)} s\n`);
  console.log(`${name}: ${JSON.stringify(results[name], rounded)}`);
  if (opts.json) await writeFile(opts.json, `${JSON.stringify(results, rounded, 2)}\n`);
}
console.log(`\n${JSON.stringify(results.machine)}\n`);
console.table(judge(results));

function parse() {
  const program = new Command('bench')
    .description('Measures the library beside what it is compared with, in alternating rounds of one run.')
    .addArgument(new Argument('[measure...]', 'all without one').choices(Object.keys(MEASURES)))
    .addOption(new Option('--quick', 'small tables, short rounds: to see that it runs').conflicts('full'))
    .option('--full', 'millions of rows, ten minutes for the memory: more than an hour, and 6 GB of disk')
    .option('--json <file>', 'writes the figures there too, and keeps those of measures that are not taken anew')
    .parse();
  return { args: program.args, opts: program.opts() };
}

async function resultsIn(file) {
  return JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
}

/** Four digits that count are more than the machine repeats. */
function rounded(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
