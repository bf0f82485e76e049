import { type RotationKeyStatus, RotationService, type RotationStatus } from '../../rotation/index.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { count, type Output, storedKeys, table } from '../output.js';
import { withServices } from '../services.js';
import type { GlobalOptions } from '../arguments.js';
import type { Target } from '../target.js';

const DAY = 86_400_000;

/** @internal */
export interface StatusOptions extends GlobalOptions {
  /** Days. */
  within: number;
}

type State = 'current' | 'known' | 'unknown' | 'unused' | 'retired';

/** Tells what is stored, by encryption key and by provider. Opens nothing and writes nothing. @internal */
export async function status(output: Output, options: StatusOptions, target: Target): Promise<ExitStatus> {
  const found = await withServices(target, (services) =>
    services.get(RotationService).status({ expiringWithin: options.within * DAY }),
  );
  const { keys, ...rest } = found;
  const states = keys.map((key) => ({ ...key, state: stateOf(key) }));
  output.result(
    { table: options.table, ...rest, keys: states, expiringWithinDays: options.within },
    lines(found, states, options),
  );
  return found.unreadable > 0 ? EXIT.unreadable : EXIT.done;
}

function stateOf({ state, secretKnown }: RotationKeyStatus): State {
  return state === 'old' ? (secretKnown ? 'known' : 'unknown') : state;
}

function lines(
  { rows, expired, expiring, unreadable, providers, tableBytes }: RotationStatus,
  keys: { keyId: string; state: State; rows: number; retiredAt: Date | null }[],
  { table: name, within }: StatusOptions,
): string[] {
  const old = keys.filter(({ state }) => state === 'known').reduce((sum, key) => sum + key.rows, 0);
  return [
    `Table ${name}: ${storedKeys(rows)}, ${bytes(tableBytes)} with indexes`,
    '',
    ...table(
      ['Encryption key', 'State', 'Stored keys', 'Retired'],
      keys.map((key) => [key.keyId, key.state, key.rows, key.retiredAt?.toISOString().slice(0, 10) ?? '']),
    ),
    '',
    ...(providers.length > 0
      ? [
          ...table(
            ['Provider', 'Stored keys', 'Expired', `Expiring in ${within} d`, 'Unreadable'],
            providers.map((each) => [each.provider, each.rows, each.expired, each.expiring, each.unreadable]),
          ),
          '',
        ]
      : []),
    `Expired and not swept: ${count(expired)}. Expiring within ${within} days: ${count(expiring)}.`,
    ...(old > 0 ? [`On older keys: ${count(old)}. Move them to the current one: npx nestjs-byok rotate`] : []),
    ...(unreadable > 0
      ? [
          `Cannot be opened, their secret is not given: ${count(unreadable)}. Add the secret of the unknown key to BYOK_SECRET, behind the others.`,
        ]
      : []),
  ];
}

function bytes(value: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024;
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}
