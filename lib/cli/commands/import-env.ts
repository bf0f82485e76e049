import { ByokService } from '../../keys/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { prepareToSeal } from '../keyring-guard.js';
import { type Output, printable } from '../output.js';
import { withServices } from '../services.js';
import type { GlobalOptions } from '../settings.js';
import type { Target } from '../target.js';
import { ofUser } from './users.js';

const PREFIX = 'API_KEY_';

/** @internal */
export interface ImportOptions extends GlobalOptions {
  user: string;
  /** Only these, and with names that a variable cannot tell. */
  provider?: string[];
}

/** Stores the keys of the environment (API_KEY_OPENAI, …) for a user. @internal */
export async function importEnv(output: Output, options: ImportOptions, target: Target): Promise<ExitStatus> {
  const providers = options.provider ?? providersOfEnvironment();
  if (providers.length === 0) {
    throw new CliError(
      'No API key is set in the environment.',
      'Set API_KEY_ and the name of the provider: API_KEY_OPENAI, API_KEY_OPEN_ROUTER (for open-router).',
    );
  }
  const stored = await withServices(target, async (services) => {
    await prepareToSeal(services);
    return ofUser(() => services.get(ByokService).importFromEnv({ userId: options.user }, providers));
  });
  output.result(
    { userId: options.user, stored },
    Object.entries(stored).map(([provider, done]) =>
      done
        ? `${provider}: stored for the user ${printable(options.user)}.`
        : `${printable(provider)}: not stored. ${reason(provider)}`,
    ),
  );
  return Object.values(stored).every(Boolean) ? EXIT.done : EXIT.failed;
}

function reason(provider: string): string {
  const name = PREFIX + provider.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  if (!process.env[name]) return `${name} is not set.`;
  return `${name} holds no API key: that is 8 to 4,096 printable characters, without white space.`;
}

function providersOfEnvironment(): string[] {
  return Object.keys(process.env)
    .filter((name) => /^API_KEY_[A-Z0-9][A-Z0-9_]*$/.test(name) && process.env[name])
    .map((name) => name.slice(PREFIX.length).toLowerCase().replaceAll('_', '-'))
    .sort();
}
