// Imports a table of another cipher while its process is killed: node bench/import-kills.mjs --rows 1000000 --kills 5
import { Command } from 'commander';
import { importUnderKills } from '../test/support/import-kills.mjs';
import { withDatabase } from './support/database.mjs';

const { rows, kills } = new Command('import-kills')
  .option('--rows <n>', 'keys in the old table', Number, 1_000_000)
  .option('--kills <n>', 'kills on the way', Number, 5)
  .parse()
  .opts();
const { result, ...found } = await withDatabase(({ url }) => importUnderKills({ url, rows, kills }));
console.log(JSON.stringify({ rows, kills, ...found, lastResult: result }, null, 2));
