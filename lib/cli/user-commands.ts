import { Option } from 'commander';
import { type Add, resolveTarget } from './add-command.js';
import type { ImportOptions } from './commands/import-env.js';
import type { ImportKeysCommandOptions } from './commands/import.js';
import type { EraseOptions, ExportOptions } from './commands/users.js';

/** For commands about one owner. @internal */
export const KIND = ['--kind <kind>', 'kind of the owner, as in the option sharedOwners', 'user'] as const;

/** The commands about users' keys. @internal */
export function addUserCommands(add: Add): void {
  add<EraseOptions>(
    'erase-user',
    'remove what is stored about a user',
    'npx nestjs-byok erase-user 4711 --yes',
    async (output, options, [id]) => {
      const site = await resolveTarget(options, false);
      return (await import('./commands/users.js')).eraseUser(output, id, options, site);
    },
  )
    .argument('<id>', "the user's id, as the application has it")
    .option(...KIND)
    .option('--yes', 'do not ask, where there is a terminal to ask at');
  add<ExportOptions>(
    'export-user',
    'print what is stored about a user, without secrets, as JSON',
    'npx nestjs-byok export-user 4711 > 4711.json',
    async (_output, options, [id]) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/users.js')).exportUser(id, options, site);
    },
  )
    .argument('<id>', "the user's id, as the application has it")
    .option(...KIND);
  add<ImportKeysCommandOptions>(
    'import',
    "store many users' keys, one of each line of a file or of what is piped in; can be repeated",
    'gpg -d keys.ndjson.gpg | npx nestjs-byok import',
    async (output, options, [path]) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/import.js')).importKeys(output, path, options, site);
    },
  )
    .argument('[file]', 'file to read (default: standard input)')
    .addOption(new Option('--format <format>', 'format of the input').choices(['ndjson', 'csv']).default('ndjson'))
    .addOption(
      new Option('--on-conflict <what>', 'what to do with a key that is stored already')
        .choices(['skip', 'replace'])
        .default('skip'),
    )
    .option('--dry-run', 'read and check everything, and write nothing')
    .option(
      '--providers-module <path>',
      'module whose default export is what forRoot takes as providers (default: the catalogue)',
    );
  add<ImportOptions>(
    'import-env',
    'store the API keys of the environment (OPENAI_API_KEY, API_KEY_OPENAI, …) for a user',
    'OPENAI_API_KEY=… npx nestjs-byok import-env --user 4711',
    async (output, options) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/import-env.js')).importEnv(output, options, site);
    },
  )
    .requiredOption('--user <id>', "the user's id, as the application has it")
    .option(...KIND)
    .option('--provider <name...>', 'only these (default: well-known ones, and one for each API_KEY_…, with - for _)');
}
