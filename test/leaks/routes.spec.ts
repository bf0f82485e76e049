import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { SECURITY_HEADERS } from '../support/edge-app.js';
import { type EdgeProcess, startEdgeProcess } from '../support/edge-process.js';
import { LeakSearch, makeCanary } from '../support/leak-search.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const POSTGRES_LOG = process.env['TEST_POSTGRES_LOG'];
const FORM = 'application/x-www-form-urlencoded';

/** What a run left in each place, and the statuses of its answers. */
interface Remains {
  places: Record<'stdout' | 'stderr' | 'answers' | 'tables' | 'log of Postgres', string>;
  statuses: Record<number, number>;
  requests: number;
  /** Refusals of the application's own, which quote what they refuse. */
  elsewhere: string;
  /** Answers of ours without the security headers. */
  withoutHeaders: string[];
  /** Those that are 500. */
  failed: string[];
  exit: number | null;
}

/** Bodies with a key in every place where somebody could put one. Most of them are wrong. */
function bodiesOf(canary: string): [type: string, body: string][] {
  const json = (value: unknown): [string, string] => ['application/json', JSON.stringify(value)];
  const form = (value: Record<string, string>): [string, string] => [FORM, new URLSearchParams(value).toString()];
  const apiKey = canary;
  return [
    json({ apiKey }),
    json({ apiKey, fields: { note: canary } }),
    json({ apiKey, fields: { endpoint: canary } }),
    json({ apiKey, fields: { [canary]: 'x' } }),
    json({ apiKey, label: canary }),
    json({ apiKey, label: canary.repeat(3) }),
    json({ apiKey, label: `key ${canary}` }),
    json({ apiKey, expiresAt: canary }),
    json({ apiKey, ttlSeconds: canary }),
    json({ apiKey: [canary] }),
    json({ apiKey: `${canary} ${canary}` }),
    json({ apiKey: `${canary}\0` }),
    json({ apiKey: canary.repeat(2_000) }),
    json({ [canary]: canary }),
    json({ __proto__x: canary, apiKey }),
    json([canary]),
    ['application/json', `{"apiKey":${canary}`],
    ['application/json', canary],
    ['text/plain', canary],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="api_key"\r\n\r\n${canary}\r\n--x--\r\n`,
    ],
    form({ api_key: canary }),
    form({ api_key: canary, provider: 'openai' }),
    form({ api_key: canary, provider: canary }),
    form({ api_key: `${canary} `, provider: 'openai' }),
    form({ api_key: canary, provider: 'openai', label: canary }),
    form({ api_key: canary, provider: 'strict' }),
    form({ new_label: canary }),
    form({ api_key: canary, new_label: canary }),
    form({ expires_on: canary }),
    form({ api_key: canary, 'fields[note]': canary, provider: 'azure' }),
    form({ api_key: canary, [canary]: canary }),
    form({ api_key: canary.repeat(2_000) }),
    [FORM, `api_key=${encodeURIComponent(canary)}&api_key=${encodeURIComponent(canary)}`],
  ];
}

describe.each([
  // Hybrid storage is both of the others: each is looked at on each platform.
  ['session', 'fastify'],
  ['database', 'fastify'],
  ['hybrid', 'express'],
] as const)('A key over HTTP with %s storage on %s', (storage, platform) => {
  /** The body is read before a storage comes into it: all of the bodies for one of them, and a part for the others. */
  const isWhole = storage === 'hybrid';
  const [canary, carelessCanary] = [makeCanary(), makeCanary()];
  let remains: Remains;
  let careless: Remains | undefined;

  beforeAll(async () => {
    remains = await run(canary, {});
    // The ways are the same in all storages.
    if (isWhole) careless = await run(carelessCanary, { EDGE_CARELESS: '1' });
  });
  afterAll(() => {
    if (!POSTGRES_LOG) console.warn('The log of Postgres was not searched: TEST_POSTGRES_URL is a server of its own.');
  });

  async function run(key: string, env: Record<string, string>): Promise<Remains> {
    const isCareless = env['EDGE_CARELESS'] !== undefined;
    const database = await createDatabase();
    const before = POSTGRES_LOG ? statSync(POSTGRES_LOG).size : 0;
    const app = await startEdgeProcess({
      DATABASE_URL: database.url,
      EDGE_STORAGE: storage,
      EDGE_PLATFORM: platform,
      ...env,
    });
    const answers: string[] = [];
    const elsewhere: string[] = [];
    const statuses: Record<number, number> = {};
    const withoutHeaders: string[] = [];
    const failed: string[] = [];
    try {
      const record = async (name: string, answer: Response) => {
        const own = name === 'POST /own' && answer.status === 400;
        (own ? elsewhere : answers).push(
          `${name} ${answer.status} ${JSON.stringify([...answer.headers])} ${await answer.text()}`,
        );
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
        const headers = Object.entries(SECURITY_HEADERS);
        if (answer.status === 500 && name.includes('/byok')) failed.push(name);
        if (name.includes('/byok') && !headers.every(([header, value]) => answer.headers.get(header) === value)) {
          withoutHeaders.push(name);
        }
      };
      const user = await visit(app, 'alice');
      await everything(app, key, user, record, !isWhole ? 2 : isCareless ? 6 : 1);
      await everything(app, key, await visit(app), record, 5);
      // With the tables away, and with a session store that is.
      for (const table of ['user_api_keys', 'session']) {
        if (table === 'user_api_keys' && storage === 'session') continue;
        await database.query(`ALTER TABLE ${table} RENAME TO away`);
        await everything(app, key, user, record, 5);
        await database.query(`ALTER TABLE away RENAME TO ${table}`);
      }
      const tables = await dump(database);
      const { stdout, stderr, status } = await app.close();
      const log = POSTGRES_LOG ? readFileSync(POSTGRES_LOG).subarray(before).toString('latin1') : '';
      const places = { stdout, stderr, answers: answers.join('\n'), tables, 'log of Postgres': log };
      return {
        places,
        statuses,
        requests: answers.length,
        elsewhere: elsewhere.join('\n'),
        withoutHeaders,
        failed,
        exit: status,
      };
    } finally {
      await app.close();
      await database.drop();
    }
  }

  it('is in no answer, log, table or session, whatever became of the request', () => {
    const search = new LeakSearch(canary);
    for (const [place, text] of Object.entries(remains.places)) {
      const [leak] = search.find(text);
      const around =
        leak &&
        Buffer.from(text)
          .toString('latin1')
          .slice(Math.max(0, leak.at - 300), leak.at);
      expect([place, leak?.encoding, around]).toEqual([place, undefined, undefined]);
    }
  });

  it('was stored, used and refused meanwhile, on every route and with everything logged', () => {
    const { statuses, requests, places, withoutHeaders, failed, exit } = remains;
    expect([withoutHeaders, failed]).toEqual([[], []]);
    expect(exit).toBe(0);
    expect(requests).toBeGreaterThan(150);
    for (const status of [200, 204, 303, 400, 403, 404, 413, 415, 422, 503]) {
      expect([status, statuses[status] ?? 0]).not.toEqual([status, 0]);
    }
    expect(places.tables).toContain(storage === 'session' ? 'sealed' : 'alice');
    if (storage !== 'session') expect(places.stdout).toMatch(/INSERT INTO "user_api_keys"|user_api_keys/);
    expect(places.stdout).toMatch(/type: 'stored'/);
  });

  it('is in the refusals of routes that are not ours, which shows what a body parser does', () => {
    // That of Fastify says no more than that it is no JSON.
    if (platform === 'fastify') return;
    expect(new LeakSearch(canary).encodings(remains.elsewhere)).not.toEqual([]);
  });

  it('is found everywhere where an application is careless', () => {
    if (!careless) return;
    const search = new LeakSearch(carelessCanary);
    expect(search.encodings(careless.places.stdout)).toContain('raw');
    expect(search.encodings(careless.places.stderr)).toContain('base64');
    expect(search.encodings(careless.places.answers)).toEqual(expect.arrayContaining(['raw', 'URL-encoded']));
    expect(search.encodings(careless.places.tables)).not.toEqual([]);
    if (POSTGRES_LOG) expect(search.encodings(careless.places['log of Postgres'])).not.toEqual([]);
  });
});

interface Visitor {
  cookie: string;
  token: string;
}

async function visit({ url }: EdgeProcess, user?: string): Promise<Visitor> {
  const signedIn = await fetch(user ? `${url}/sign-in?user=${user}` : `${url}/byok`, { method: user ? 'POST' : 'GET' });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const page = await (await fetch(`${url}/byok`, { headers: { cookie } })).text();
  return { cookie, token: /name="_csrf"[^>]*\bvalue="([^"]+)"/.exec(page)?.[1] ?? '' };
}

/** Every route with every body, the key in the path and the query too. `every` takes only each so many bodies. */
async function everything(
  { url, routes }: EdgeProcess,
  canary: string,
  { cookie, token }: Visitor,
  record: (name: string, answer: Response) => Promise<void>,
  every = 1,
): Promise<void> {
  const all = [
    ...routes,
    { method: 'GET', path: '/own' },
    { method: 'POST', path: '/own' },
    { method: 'POST', path: '/byok/absent' },
  ];
  const inPath = encodeURIComponent(canary);
  for (const { method, path } of all) {
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
    // A label that is only asked for is named in a log of statements: nobody can tell that it is somebody's key.
    const isLookUp = /\/(delete|default|edit|check)$/.test(path);
    const bodies = hasBody
      ? bodiesOf(canary).filter(([, body], i) => i % every === 0 && !(isLookUp && /\blabel(=|":)/.test(body)))
      : [undefined];
    const paths = path.includes(':')
      ? ['openai', 'azure', 'strict', inPath].map((name) => path.replace(/:\w+/, name))
      : [path];
    await Promise.all(
      paths.flatMap((each, i) =>
        (i === 0 ? bodies : bodies.slice(0, 2)).map(async (one) => {
          // The page for a missing key leads back to where somebody was, with what they had put there.
          // Where every key is deleted, a label is refused.
          const name = method === 'DELETE' && !path.includes(':') ? 'q' : 'label';
          const target = hasBody || path === '/own' ? each : `${each}?${name}=${inPath.repeat(3)}`;
          const isForm = one?.[0] === FORM;
          const answer = await fetch(url + target, {
            method,
            headers: {
              cookie,
              'sec-fetch-site': 'same-origin',
              accept: isForm || !one ? 'text/html' : 'application/json',
              ...(one && { 'content-type': one[0] }),
            },
            body: isForm ? `${one[1]}&_csrf=${token}` : one?.[1],
            redirect: 'manual',
          });
          // What a request asked for is not an answer.
          await record(`${method} ${path}`, answer);
        }),
      ),
    );
  }
}

async function dump(database: TestDatabase): Promise<string> {
  const tables = await database.query(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`);
  const rows = await Promise.all(
    tables.map(({ name }) => database.query(`SELECT t::text, row_to_json(t) FROM "${name}" t`)),
  );
  return JSON.stringify(rows);
}
