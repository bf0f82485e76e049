import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.js';

/** The version of the package. @throws CliError @internal */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version?: unknown };
  if (typeof version !== 'string') throw new CliError('The package has no version.', 'Install it again.');
  return version;
}
