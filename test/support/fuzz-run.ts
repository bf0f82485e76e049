import { SECURITY_HEADERS } from './edge-app.js';
import { startEdgeProcess } from './edge-process.js';
import { exchange, FUZZ_KEY, mutations } from './fuzz.js';
import type { Platform } from './platforms.js';
import type { TestDatabase } from './postgres.js';

export interface FuzzResult {
  requests: number;
  routes: number;
  statuses: Record<string, number>;
  /** What must not have happened, with the request that made it happen. */
  faults: string[];
  /** What the application printed on stderr, and how it ended. */
  stderr: string;
  status: number | null;
}

/** What Nest says on Fastify of a request for a route of nobody's that is broken off. */
const ABORTED = /^\[Nest\].*\[ExceptionsHandler\] Error: aborted\n(?:[ }].*\n?)*/gm;
/** Part of a key that no answer may have; hints have its end. */
const PLAIN = FUZZ_KEY.slice(0, 20);
/** What the platform says of itself in every answer of the application; what Node's parser refuses never came to the application. */
const OURS = /^HTTP\/1\.1 \d+ (?:.|\r\n(?!\r\n))*\r\nx-powered-by:/i;

/** Sends so many mutated requests to every route of an application, or of a careless one, in a process of its own. */
export async function fuzz(
  database: TestDatabase,
  seed: number,
  perRoute: number,
  { platform = 'express', careless = false }: { platform?: Platform; careless?: boolean } = {},
): Promise<FuzzResult> {
  const app = await startEdgeProcess({
    DATABASE_URL: database.url,
    EDGE_STORAGE: 'hybrid',
    EDGE_QUIET: '1',
    EDGE_PLATFORM: platform,
    NO_COLOR: '1',
    ...(careless && { EDGE_CARELESS: '1' }),
  });
  const statuses: Record<string, number> = {};
  const faults: string[] = [];
  let requests = 0;
  const check = (bytes: Buffer, answer: string): void => {
    requests++;
    const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'none';
    statuses[status] = (statuses[status] ?? 0) + 1;
    const fault = faultOf(bytes.toString('latin1'), status, answer);
    if (fault && faults.length < 20)
      faults.push(`${fault}: ${JSON.stringify(bytes.toString('latin1').slice(0, 1_500))}\n${answer.slice(0, 800)}`);
  };
  const routes = [...app.routes, { method: 'POST', path: '/byok/absent' }];
  try {
    const signedIn = await fetch(`${app.url}/sign-in?user=fuzz`, { method: 'POST' });
    const cookie = signedIn.headers.getSetCookie()[0].split(';')[0];
    const page = await (await fetch(`${app.url}/byok`, { headers: { cookie } })).text();
    const token = /name="_csrf"[^>]*\bvalue="([^"]+)"/.exec(page)?.[1] ?? '';
    for (const [i, route] of routes.entries()) {
      const queue = mutations(route, seed + i, perRoute, { cookie, token });
      const worker = async (): Promise<void> => {
        for (const bytes of queue) check(bytes, await exchange(app.port, bytes));
      };
      await Promise.all(Array.from({ length: 24 }, worker));
      if (!app.isAlive()) faults.push(`The application ended at ${route.method} ${route.path}`);
    }
    // Still well, and what was stored is whole.
    const list = await fetch(`${app.url}/byok/api/keys`, { headers: { cookie } });
    if (list.status !== 200) faults.push(`Afterwards the list is ${list.status}`);
  } finally {
    const { stderr, status } = await app.close();
    return { requests, routes: routes.length, statuses, faults, stderr: stderr.replace(ABORTED, ''), status };
  }
}

function faultOf(request: string, status: string, answer: string): string | undefined {
  if (status.startsWith('5')) return 'a server error';
  if (answer.includes(PLAIN)) return 'the key';
  if (/^x-injected:/im.test(answer)) return 'a header of the client’s';
  if (/node_modules|\.[jt]s:\d+|SELECT |INSERT /.test(answer)) return 'something from inside';
  const path = /^\S+ (\S*)/.exec(request)?.[1] ?? '';
  if (!OURS.test(answer) || !/^\/byok(?![^/?])/.test(path) || /^\S+ \S*(\/|%2f)\.\.( |\/|%2f)/i.test(request))
    return undefined;
  const head = answer.slice(0, answer.indexOf('\r\n\r\n'));
  const has = (name: string, value: string) =>
    new RegExp(`^${name}: ${value.replaceAll('*', '\\*')}\\r?$`, 'im').test(head);
  return Object.entries(SECURITY_HEADERS).every(([name, value]) => has(name, value))
    ? undefined
    : 'headers are missing';
}
