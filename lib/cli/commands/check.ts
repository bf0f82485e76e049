import { KeyRecheck, type CheckedKey } from '../../keys/index.js';
import type { KeyOutcome, ProviderConfig } from '../../interfaces/index.js';
import { knownProviderIds, knownProviders } from '../../providers/index.js';
import type { GlobalOptions } from '../arguments.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { loadProvidersModule } from '../operator-module.js';
import { count, jsonOf, nameOf, type Output, printable, storedKeys } from '../output.js';
import { withServices } from '../services.js';
import type { Target } from '../target.js';

/** @internal */
export interface CheckOptions extends GlobalOptions {
  /** Only keys of this user, or of the owner of that kind. */
  user?: string;
  kind: string;
  /** Only these providers. */
  provider?: string[];
  /** Path of a module, instead of the catalogue. */
  providersModule?: string;
  perSecond: number;
}

type Counts = Record<KeyOutcome | 'unreadable', number>;

/** Asks the providers of stored keys whether they accept them, and notes what they say. @internal */
export async function check(output: Output, options: CheckOptions, target: Target): Promise<ExitStatus> {
  const providers =
    options.providersModule === undefined
      ? knownProviders(...knownProviderIds)
      : ((await loadProvidersModule(options.providersModule)) as Record<string, ProviderConfig>);
  const counts: Counts = { accepted: 0, refused: 0, unknown: 0, unreadable: 0 };
  const concerns: object[] = [];
  await withServices(
    target,
    async (services) => {
      const walk = services.get(KeyRecheck, { strict: false }).walk({
        age: 0,
        perSecond: options.perSecond,
        providers: options.provider,
        owner: options.user === undefined ? undefined : { kind: options.kind, id: options.user },
      });
      for await (const checked of walk) {
        const found = outcomeOf(checked);
        counts[found]++;
        if (found === 'accepted') continue;
        const { owner, provider, label } = checked;
        const reason = checked.result instanceof Error ? null : checked.result.lastCheck!.reason;
        concerns.push({ ...jsonOf(owner), provider, label, outcome: found, reason });
        output.note(
          `${printable(provider)}, label ${printable(label)}, of ${nameOf(owner)}: ${TEXTS[found]}${reason ? ` (${reason})` : ''}.`,
        );
      }
    },
    { providers },
  );
  const total = Object.values(counts).reduce((sum, each) => sum + each);
  output.result({ checked: total, ...counts, concerns }, [
    `Checked ${storedKeys(total)}: ${count(counts.accepted)} accepted, ${count(counts.refused)} refused, ${count(counts.unknown)} unknown, ${count(counts.unreadable)} could not be opened.`,
  ]);
  return counts.refused + counts.unreadable > 0 ? EXIT.unreadable : EXIT.done;
}

const TEXTS: Record<keyof Counts, string> = {
  accepted: 'accepted',
  refused: 'refused',
  unknown: 'could not be checked',
  unreadable: 'could not be opened',
};

function outcomeOf({ result }: CheckedKey): keyof Counts {
  return result instanceof Error ? 'unreadable' : (result.lastCheck?.outcome ?? 'unknown');
}
