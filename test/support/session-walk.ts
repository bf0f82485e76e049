import { Browser } from './session-app.js';

/** What a walk of people who share sessions and processes saw. */
export interface WalkOutcome {
  steps: number;
  /** Keys that were seen by whoever had stored them, and by others. */
  own: number;
  foreign: number;
  /** Other answers than those, by their status. */
  other: Record<string, number>;
}

const USERS = ['alice', 'bob', 'carol'];
const nameIn = (key: unknown) => /^test-key-of-(\w+)-/.exec(String(key))?.[1];

/**
 * People sign in, one after the other, in the same session, sign out, take over a session's id, store and read, now in
 * this process and now in that one. Every key names who has stored it.
 *
 * @param keptIn `keys`: by the library; `raw`: in the session itself.
 */
export async function walk(
  urls: readonly string[],
  steps: number,
  random: () => number,
  keptIn: 'keys' | 'raw',
): Promise<WalkOutcome> {
  const outcome: WalkOutcome = { steps, own: 0, foreign: 0, other: {} };
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const browsers = Array.from({ length: 4 }, () => new Browser());
  // What shares a session shares its user.
  const signedIn = new Map<string | undefined, string>();
  for (let i = 0; i < steps; i++) {
    const at = Math.floor(random() * browsers.length);
    const browser = browsers[at];
    const user = signedIn.get(browser.cookie) ?? 'visitor';
    const url = pick(urls);
    const action = random();
    if (action < 0.05) {
      // The id of another's session, as one has it who fixed it.
      browsers[at] = new Browser(pick(browsers).cookie);
      continue;
    }
    const { status, body } = await act(
      browser,
      url,
      action,
      `${url}/${keptIn}/openai`,
      `test-key-of-${user}-${i}`,
      () => pick(USERS),
    );
    if (status >= 400) outcome.other[status] = (outcome.other[status] ?? 0) + 1;
    else if (body['user'] === null) signedIn.delete(browser.cookie);
    else if (typeof body['user'] === 'string') signedIn.set(browser.cookie, body['user']);
    else if (body['key']) outcome[nameIn(body['key']) === user ? 'own' : 'foreign']++;
  }
  return outcome;
}

async function act(browser: Browser, url: string, action: number, place: string, key: string, someone: () => string) {
  if (action < 0.3) return browser.send('POST', `${url}/sign-in/${someone()}`);
  if (action < 0.4) return browser.send('POST', `${url}/sign-out`);
  if (action < 0.65) return browser.send('POST', place, { key });
  return browser.send('GET', place);
}
