import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { type CheckStandIn, startCheckStandIn } from '../support/check-stand-in.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { until } from '../support/until.js';

const keyOf = (name: string) => `an-example-key-of-${name}-1f9c`;

/** What a provider does that never comes to an end, or to sense. */
const SERVE: Record<string, (response: ServerResponse) => void> = {
  silent: () => {},
  dripping: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(' '), 50);
    response.on('close', () => clearInterval(timer));
  },
  endless: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write('x'.repeat(65_536)), 5);
    response.on('close', () => clearInterval(timer));
  },
  broken: (response) => response.socket!.end('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n'),
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>'),
  moved: (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
};

describe('A provider that answers slowly, wrongly or without an end', () => {
  let database: TestDatabase;
  let provider: CheckStandIn;
  let app: EdgeApp;

  beforeAll(async () => {
    [database, provider] = await Promise.all([createDatabase(), startCheckStandIn()]);
    const db = { type: 'postgres', url: database.url, applicationName: 'waiting', extra: { max: 2 } } as const;
    app = await startEdge({
      options: { db, providers: { acme: provider.config }, checkOnSave: true, rateLimit: false },
    });
    for (const [name, serve] of Object.entries(SERVE)) provider.on(keyOf(name), serve);
  });
  afterAll(async () => {
    await app.close();
    await provider.close();
    await database.drop();
  });

  it('keeps no connection and no lock of the database, and each save ends', async () => {
    const names = Object.keys(SERVE);
    const users = Array.from({ length: 24 }, (_, i) => ({ user: `user-${i}`, name: names[i % names.length] }));
    const saves = users.map(({ user, name }) =>
      app
        .client(user)
        .put('/byok/api/keys/acme')
        .set('Sec-Fetch-Site', 'same-origin')
        .send({ apiKey: keyOf(name) })
        .then(({ status, body }) => ({ status, warnings: body.warnings as unknown })),
    );
    // Those that never answer are under way now; the others may have ended.
    await until(() => Promise.resolve(provider.asked.length === users.length));
    await until(async () => {
      const [held] = await database.query(
        `SELECT (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waiting')::int AS open,
          (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'waiting' AND state <> 'idle')::int AS busy,
          (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory')::int AS locks`,
      );
      return held['open'] > 0 && held['busy'] === 0 && held['locks'] === 0;
    });
    // Two connections serve everybody else.
    await app.byok.setKey({ userId: 'other' }, 'acme', keyOf('other'));
    expect(await app.byok.getKey({ userId: 'other' }, 'acme')).toBe(keyOf('other'));
    expect(await Promise.all(saves)).toEqual(users.map(() => ({ status: 200, warnings: ['not-checked'] })));
    expect(app.log).toEqual([]);
  });
});
