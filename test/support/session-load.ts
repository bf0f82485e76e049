import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from './session-app.js';
import type { TcpProxy } from './tcp-proxy.js';

/** What people saw whose session store was slow and failing. */
export interface SessionLoadOutcome {
  answers: number;
  /** Answers with the key, or the list of keys, of who asked. */
  own: number;
  /** Answers with another's key. */
  foreign: number;
  unavailable: number;
  unauthorised: number;
  /** Everything else, such as "no key". */
  other: Record<string, number>;
}

export function noAnswers(): SessionLoadOutcome {
  return { answers: 0, own: 0, foreign: 0, unavailable: 0, unauthorised: 0, other: {} };
}

export const keyOf = (user: string): string => `test-key-of-${user}-0123456789`;

/** Breaks what passes through a proxy, again and again: slow, silent, cut, refusing. */
export async function disturb(proxy: TcpProxy, random: () => number, until: Promise<unknown>): Promise<number> {
  let ended = false;
  void until.then(() => (ended = true));
  const { target } = proxy;
  let faults = 0;
  for (; !ended; faults++) {
    const fault = Math.floor(random() * 4);
    if (fault === 0) proxy.freeze();
    else if (fault === 1) proxy.target = 1;
    if (fault > 0) for (const connection of [...proxy.connections]) connection.cut();
    // Up to three seconds of silence: longer than the store waits.
    await sleep(fault === 0 ? 200 + 2_800 * random() : 50 + 300 * random());
    proxy.thaw();
    proxy.target = target;
    await sleep(100 + 400 * random());
  }
  return faults;
}

/** Asks as people who are signed in, each over and over again, until it is stopped, and counts the answers. */
export async function askAll(
  people: ReadonlyMap<string, Browser>,
  urls: readonly string[],
  until: Promise<unknown>,
  outcome: SessionLoadOutcome,
): Promise<void> {
  let ended = false;
  void until.then(() => (ended = true));
  await Promise.all(
    [...people].flatMap(([user, browser]) =>
      [0, 1].map(async (i) => {
        for (let n = i; !ended; n++) {
          const answer = await browser.send('GET', urls[n % urls.length]).catch(() => undefined);
          if (!answer) continue;
          outcome.answers++;
          const { status, body } = answer;
          const names = [...JSON.stringify(body).matchAll(/test-key-of-([\w-]+?)-0123456789/g)].map(([, name]) => name);
          if (names.some((name) => name !== user)) outcome.foreign++;
          else if (status === 200 && names.length > 0) outcome.own++;
          else if (status === 503) outcome.unavailable++;
          else if (status === 401) outcome.unauthorised++;
          else {
            const what = `${status} ${typeof body['code'] === 'string' ? body['code'] : ''}`.trim();
            outcome.other[what] = (outcome.other[what] ?? 0) + 1;
          }
        }
      }),
    ),
  );
}
