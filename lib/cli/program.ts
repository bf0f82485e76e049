import { Command, CommanderError, Option } from 'commander';
import { type Add, resolveTarget } from './add-command.js';
import { keyId, wholeNumber } from './argument-parsers.js';
import { CliError } from './cli-error.js';
import type { CheckOptions } from './commands/check.js';
import type { MigrateOptions } from './commands/migrate.js';
import type { RotateCommandOptions } from './commands/rotate.js';
import type { StatusOptions } from './commands/status.js';
import { EXIT, type ExitStatus } from './exit-status.js';
import type { Failure } from './failure.js';
import { Output } from './output.js';
import { DEFAULT_TABLE, type GlobalOptions, refusePrivateArguments, scrub } from './arguments.js';
import { addUserCommands, KIND } from './user-commands.js';
import { readVersion } from './version.js';

const HELP = `
Environment:
  DATABASE_URL  the database: postgres://user:password@host:5432/database
  BYOK_SECRET   the root secrets, comma-separated, newest first
  BYOK_SECRET_MODULE
                path of a module whose default export is what forRoot takes as secret, instead of
                BYOK_SECRET: for a KeyWrapper (Vault, AWS KMS) or a passphrase

Exit status: 0 done, 1 wrong use or failure, 2 done but some stored keys could not be opened or were refused, or lines of an
import were not taken.

Examples:
  $ npx nestjs-byok generate-secret
  $ npx nestjs-byok doctor
  $ npx nestjs-byok rotate --verify
  $ npx nestjs-byok status --json

The documents are in docs/operations.md of the package.`;

const NO_COMMAND: Failure = { message: 'No command is given.', advice: 'See what there is: npx nestjs-byok --help' };

/** Runs the command line; the status to exit with. Never rejects. @internal */
export async function run(args: string[]): Promise<ExitStatus> {
  const output = new Output(args.includes('--json'));
  let status: ExitStatus = EXIT.done;
  let program: Command | undefined;
  try {
    refusePrivateArguments(args);
    program = createProgram(output, (ended) => (status = ended));
    await program.parseAsync(args, { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version were printed.
      if (error.exitCode === 0) return EXIT.done;
      const command = program?.commands.map((each) => each.name()).find((name) => args.includes(name));
      // Without a command the help was printed too, which is nothing for machines.
      const isHelp = error.code === 'commander.help';
      if (!isHelp || output.json) output.failure(isHelp ? NO_COMMAND : ofUsage(error, command));
    } else {
      output.failure(error instanceof CliError ? error : (await import('./failure.js')).describeFailure(error));
    }
    return EXIT.failed;
  }
}

/** What was typed is repeated by the message, and could be a secret. */
function ofUsage({ message }: CommanderError, command = ''): Failure {
  const [first, hint] = scrub(message.replace(/^error: /, '')).split('\n');
  return {
    message: first,
    advice:
      hint?.replace(/^\(|\)$/g, '') ??
      `See what there is: ${['npx nestjs-byok', command, '--help'].filter(Boolean).join(' ')}`,
  };
}

function createProgram(output: Output, end: (status: ExitStatus) => void): Command {
  const program = new Command('nestjs-byok')
    .description("The operator's tool for the keys that nestjs-byok keeps in Postgres.")
    .version(readVersion(), '--version')
    .option('--json', 'print one JSON document, for machines')
    .option('--table <name>', 'table of the stored keys', DEFAULT_TABLE)
    .addOption(
      new Option(
        '--secret-file <path>',
        'file with the secrets, one a line, newest first, instead of BYOK_SECRET',
      ).conflicts('secretModule'),
    )
    .option('--secret-module <path>', 'module whose default export is what forRoot takes as secret: a KeyWrapper, say')
    .addHelpText('after', HELP);
  // Before the commands, which inherit it.
  program
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined });
  const add: Add = (name, description, example, action) =>
    program
      .command(name)
      .description(description)
      .addHelpText('after', `\nExample:\n  $ ${example}`)
      .action(async (...given: unknown[]) => {
        const command = given.pop() as Command;
        end(
          await action(
            output,
            command.optsWithGlobals(),
            command.processedArgs.flat().filter((arg) => arg !== undefined) as string[],
          ),
        );
      });
  addKeyCommands(add);
  addUserCommands(add);
  return program;
}

/** What is large is loaded when a command is run and what it was given is right. */
function addKeyCommands(add: Add): void {
  add<GlobalOptions & { env?: boolean }>(
    'generate-secret',
    'print a new root secret',
    '(umask 077; npx nestjs-byok generate-secret > byok.secret)',
    async (output, options) => (await import('./commands/generate-secret.js')).generateSecret(output, options),
  ).option('--env', 'print a line for a file of environment variables, to be appended with >> .env');
  add<StatusOptions>(
    'status',
    'tell what is stored, by encryption key and by provider',
    'npx nestjs-byok status --within 7',
    async (output, options) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/status.js')).status(output, options, site);
    },
  ).option('--within <days>', 'count keys that expire within so many days', wholeNumber(36_500), 30);
  add(
    'doctor',
    'look at everything that must be right: secret, key management service, database, migrations, clock',
    'npx nestjs-byok doctor',
    async (output, options) => (await import('./commands/doctor.js')).doctor(output, options),
  );
  add<MigrateOptions>('migrate', 'make or change the tables', 'npx nestjs-byok migrate', async (output, options) => {
    const { databaseUrl, tableName } = await import('./settings.js');
    const table = tableName(options);
    const url = databaseUrl();
    const { withConnection } = await import('./connection.js');
    // For its messages, which say what is wrong with the URL or the server.
    await withConnection(url, async () => {});
    return (await import('./commands/migrate.js')).migrate(output, options, url, table);
  }).option('--partitions <n>', 'split the table of keys into so many; 0: one again', wholeNumber(1_024, 0));
  add<RotateCommandOptions>(
    'rotate',
    're-encrypt with the first secret what is sealed with others; can be stopped and started again at any moment',
    'npx nestjs-byok rotate --verify',
    async (output, options) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/rotate.js')).rotate(output, options, site);
    },
  )
    .addOption(new Option('--dry-run', 'open what would be re-encrypted, and write nothing').conflicts('verify'))
    .option('--verify', 'open every stored key afterwards')
    .option('--batch <rows>', 'rows of a statement, 1 to 10000 (default: 1000)', wholeNumber(10_000));
  add(
    'retire',
    'have the database refuse old encryption keys for good; without ids: those of every given secret but the first',
    'npx nestjs-byok retire 0f1e2d3c4b5a6978',
    async (output, options, keyIds) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/retire.js')).retire(output, keyIds, site);
    },
  ).argument('[keyId...]', 'ids of encryption keys in hex, as status prints them', keyId);
  add(
    'rewrap',
    'have the key management service wrap the root of the keys anew: after a new version of its key, say',
    'npx nestjs-byok rewrap --secret-module ./byok.secret.mjs',
    async (output, options) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/rewrap.js')).rewrap(output, site);
    },
  );
  add<CheckOptions>(
    'check',
    'ask the providers of stored keys whether they accept them, and note what they say',
    'npx nestjs-byok check --provider openai',
    async (output, options) => {
      const site = await resolveTarget(options, true);
      return (await import('./commands/check.js')).check(output, options, site);
    },
  )
    .option('--user <id>', 'only keys of this user, or of the owner with this id if there is --kind')
    .option(...KIND)
    .option('--provider <name...>', 'only keys of these providers (default: all that there is a check for)')
    .option('--per-second <n>', 'keys to check in a second, 1 to 100', wholeNumber(100), 2)
    .option(
      '--providers-module <path>',
      'module whose default export is what forRoot takes as providers (default: the catalogue)',
    );
  add('sweep', 'remove expired keys', 'npx nestjs-byok sweep', async (output, options) => {
    const site = await resolveTarget(options, false);
    return (await import('./commands/sweep.js')).sweep(output, site);
  });
}
