import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { fuzz, type FuzzResult } from '../support/fuzz-run.js';
import { exchange } from '../support/fuzz.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { seedOf } from '../support/seeds.js';

describe.each([
  ['express', 300],
  ['fastify', 100],
] as const)('On %s %i mutated requests for every route', (platform, perRoute) => {
  let database: TestDatabase;
  let result: FuzzResult;

  beforeAll(async () => {
    database = await createDatabase();
    result = await fuzz(database, seedOf('fuzz'), perRoute, { platform });
  });
  afterAll(() => database.drop());

  it('are answered without an error of ours, a key or a missing header', () => {
    expect(result.faults).toEqual([]);
  });

  it('crash nothing, and leave no rejection unhandled', () => {
    expect([result.status, result.stderr]).toEqual([0, '']);
  });

  it('came to all routes, and were taken or refused for many reasons', () => {
    expect(result.routes).toBeGreaterThan(9);
    expect(result.requests).toBe(result.routes * perRoute);
    // Of Express' parser, for too many fields; all of these are of a length that both take.
    const tooLarge = platform === 'express' ? ['413'] : [];
    for (const status of ['200', '204', '303', '400', '403', '404', '415', '431', ...tooLarge]) {
      expect([status, result.statuses[status] ?? 0]).not.toEqual([status, 0]);
    }
  });
});

describe('An application that echoes what it is sent', () => {
  it('is found out', async () => {
    const other = await createDatabase();
    const { faults } = await fuzz(other, 1, 8, { careless: true });
    await other.drop();
    expect(faults.join('\n')).toContain('the key: ');
    expect(faults.join('\n')).toContain('headers are missing: ');
  });
});

describe('An exchange on the wire', () => {
  it('tells what was answered, and that nothing was', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (data) => (data.includes('say') ? socket.end('HTTP/1.1 500 Oh\r\n\r\n') : socket.destroy()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await exchange(port, Buffer.from('say'))).toContain('500');
    expect(await exchange(port, Buffer.from('x'))).toBe('');
    await new Promise((resolve) => server.close(resolve));
  });
});
