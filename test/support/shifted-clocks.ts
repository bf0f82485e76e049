import type { StoredKey } from '../../lib/index.js';
import { SECRET } from './byok-app.js';
import { type Instance, startInstance } from './instances.js';
import type { TestDatabase } from './postgres.js';

const MINUTE = 60_000;
const USER = { userId: 'alice' };

export interface ClockOutcome {
  instances: number;
  answers: number;
  disagreements: number;
  /** Answers that would be others, had each instance asked its own clock. */
  naive: number;
  /** Expired rows that a sweep by the fast clock left, and live ones that it took. */
  sweptWrongly: number;
}

/** The clocks of two instances are ten minutes off, in opposite directions, and each is in another time zone. */
const SURROUNDINGS = [
  { shift: -10 * MINUTE, zone: 'Pacific/Kiritimati' },
  { shift: 10 * MINUTE, zone: 'America/St_Johns' },
  { zone: 'Asia/Kathmandu' },
];

/** Asks every instance about keys that expire on both sides of now. Ends them. */
export async function askUnderShiftedClocks(database: TestDatabase, random: () => number): Promise<ClockOutcome> {
  const options = { secret: SECRET, db: database.url, maxKeysPerUser: 200, cleanup: { sweepEvery: null } };
  const instances = await Promise.all(SURROUNDINGS.map((each) => startInstance(options, each)));
  try {
    const [slow, fast] = instances;
    const now = Date.now();
    // The slow clock takes for future what is past already; the fast one writes the rest.
    const minutes = Array.from({ length: 40 }, (_, i) => (i < 20 ? -1 : 1) * (0.5 + 9 * random()));
    const stored = await Promise.all([
      ...minutes.map((m, i) => store(slow, `p${i}.${m < 0 ? 'past' : 'future'}`, now + m * MINUTE)),
      ...Array.from({ length: 10 }, (_, i) => store(fast, `later${i}`, now + (11 + i) * MINUTE)),
    ]);
    const outcome = { instances: instances.length, answers: 0, disagreements: 0, naive: 0 };
    for (const instance of instances) await compare(instance, stored, outcome);
    const isAlive = (provider: string) => !provider.endsWith('past');
    const swept = await fast.call<number>('deleteExpired');
    const left = await slow.call<string[]>('listProviders', USER);
    const sweptWrongly = Math.abs(swept - stored.filter((each) => !isAlive(each)).length);
    return {
      ...outcome,
      sweptWrongly: sweptWrongly + Math.abs(left.filter(isAlive).length - stored.filter(isAlive).length),
    };
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
  }
}

async function store(instance: Instance, provider: string, expiresAt: number): Promise<string> {
  await instance.call('setKey', USER, provider, `test-key-of-${provider}-0123456789`, { expiresAt });
  return provider;
}

async function compare(instance: Instance, providers: string[], outcome: Omit<ClockOutcome, 'sweptWrongly'>) {
  const listed = await instance.call<StoredKey[]>('listKeys', USER);
  const clock = await instance.now();
  for (const provider of providers) {
    const isAlive = !provider.endsWith('past');
    const [has, key] = await Promise.all([
      instance.call<boolean>('hasKey', USER, provider),
      instance.call<string | null>('getKey', USER, provider),
    ]);
    const { status, expiresAt } = listed.find((each) => each.provider === provider)!;
    const answers = [has, key !== null, status === 'active'];
    outcome.answers += answers.length;
    outcome.disagreements += answers.filter((answer) => answer !== isAlive).length;
    if (new Date(expiresAt!).getTime() > clock !== isAlive) outcome.naive++;
  }
}
