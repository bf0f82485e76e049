import { expect, it } from '@jest/globals';
import { fuzz } from '../support/fuzz-run.js';
import { createDatabase } from '../support/postgres.js';
it('x', async () => {
  const d = await createDatabase();
  const t = Date.now();
  const r = await fuzz(d, 7, 300, { platform: 'fastify' });
  console.log(Date.now() - t, r.requests, r.routes, JSON.stringify(r.statuses), r.status, r.stderr.slice(0, 2000));
  console.log(r.faults.slice(0,8).join('\n-----\n'));
  await d.drop();
  expect(r.faults.length).toBe(0);
}, 120000);
