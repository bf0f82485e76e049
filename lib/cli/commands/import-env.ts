import { ByokService, envNameOf, envNamesOf, providersInEnv } from '../../keys/index.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { prepareToSeal } from '../keyring-guard.js';
import { jsonOf, nameOf, type Output, printable } from '../output.js';
import { withServices } from '../services.js';
import type { GlobalOptions } from '../arguments.js';
import type { Target } from '../target.js';
import { ofOwner } from './users.js';

/** @internal */
export interface ImportOptions extends GlobalOptions {
  user: string;
  kind: string;
  /** Only these, and with names that a variable cannot tell. */
  provider?: string[];
}

/** Stores the keys of the environment (OPENAI_API_KEY, API_KEY_OPENAI, …) for a user. @internal */
export async function importEnv(output: Output, options: ImportOptions, target: Target): Promise<ExitStatus> {
  const providers = options.provider ?? providersInEnv();
  if (providers.length === 0) {
    throw new CliError(
      'No API key is set in the environment.',
      'Set the name of the provider and _API_KEY, such as OPENAI_API_KEY, or name other providers with --provider.',
    );
  }
  const owner = { kind: options.kind, id: options.user };
  const stored = await withServices(
    target,
    async (services) => {
      await prepareToSeal(services);
      return ofOwner(() => services.get(ByokService).importFromEnv({ owner }, providers));
    },
    { sharedKind: options.kind },
  );
  output.result(
    { ...jsonOf(owner), stored },
    Object.entries(stored).map(([provider, done]) =>
      done
        ? `${provider}: stored for ${nameOf(owner)}, from ${envNameOf(provider)}.`
        : `${printable(provider)}: not stored. ${reason(provider)}`,
    ),
  );
  return Object.values(stored).every(Boolean) ? EXIT.done : EXIT.failed;
}

function reason(provider: string): string {
  const name = envNameOf(provider);
  if (name === undefined) return `None of these is set: ${envNamesOf(provider).join(', ')}.`;
  return `${name} does not hold an API key. A key is one line of 8 to 8,192 characters, without spaces.`;
}
