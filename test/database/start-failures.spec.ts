import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { StorageError } from '../../lib/index.js';
import { startByok } from '../support/byok-app.js';
import { ROOT } from '../support/manifest.js';
import { createDatabase, onServer, type TestDatabase } from '../support/postgres.js';

const PASSWORD = 'a-password-of-a-test-9d3f';

/** Accepts the request for TLS of a Postgres client, and shows a certificate that it signed itself. */
async function startTlsServer(): Promise<Server> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write('S');
      new TLSSocket(socket, { isServer: true, key, cert }).on('error', () => undefined);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A port where nothing listens any more. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('An application whose database cannot be used', () => {
  let database: TestDatabase;
  let tls: Server;
  const role = `role_${randomBytes(6).toString('hex')}`;

  beforeAll(async () => {
    database = await createDatabase();
    tls = await startTlsServer();
    await onServer(database.url, `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  });
  afterAll(async () => {
    await onServer(database.url, `DROP ROLE ${role}`);
    await database.drop();
    tls.close();
  });

  const urlWith = (change: (url: URL) => void): string => {
    const url = new URL(database.url);
    change(url);
    return url.href;
  };
  const as = (username: string, password: string) => urlWith((url) => Object.assign(url, { username, password }));

  it.each<[string, () => string | Promise<string>, RegExp]>([
    [
      'nothing listens',
      async () => `postgres://someone:${PASSWORD}@127.0.0.1:${await freePort()}/nothing`,
      /Nothing listens there \(ECONNREFUSED\)\. Make sure .* host and port in the option 'db'/,
    ],
    [
      'the host has no address',
      () => `postgres://someone:${PASSWORD}@host.invalid/nothing`,
      /(no host of that name \(ENOTFOUND\)|could not be looked up \(EAI_AGAIN\))\. Check the host in the option 'db'/,
    ],
    [
      'there is no such database',
      () => urlWith((url) => (url.pathname = '/absent')),
      /no database of that name \(3D000\)/,
    ],
    ['there is no such role', () => as('absent', PASSWORD), /refused the user or the password \(28(000|P01)\)/],
    ['the password is wrong', () => as(role, `${PASSWORD}-wrong`), /refused the user or the password \(28P01\)/],
    ['there is no password', () => as(role, ''), /asks for a password, and none is given\. Add it to the option 'db'/],
    ['the role may not create tables', () => as(role, PASSWORD), /may not do this \(42501\)\. .*"Database roles"/],
    ['the server does not speak TLS', () => `${database.url}?sslmode=verify-full`, /does not speak TLS, which sslmode/],
    [
      'the certificate is not trusted',
      () =>
        `postgres://someone:${PASSWORD}@127.0.0.1:${(tls.address() as AddressInfo).port}/nothing?sslmode=verify-full`,
      /certificate is not trusted \(\w+\)\. Name its authority: NODE_EXTRA_CA_CERTS/,
    ],
    ['the socket does not exist', () => `${database.url}?host=/nowhere`, /no such socket, .* \(ENOENT\)/],
  ])('does not start if %s, and says why and what to do', async (_, url, expected) => {
    const db = await url();
    const failed = startByok({ db }).catch((error: unknown) => error);
    const error = (await failed) as Error;
    expect(error).toBeInstanceOf(StorageError);
    expect(error.message).toMatch(/^Cannot use the database of stored keys\. /);
    expect(error.message).toMatch(expected);
    expect(error.message).not.toContain(PASSWORD);
    expect(error.stack).not.toContain(PASSWORD);
  });

  it('does not start without the driver, and says what to install', async () => {
    const script = `
      import 'reflect-metadata';
      import Module from 'node:module';
      const resolve = Module._resolveFilename;
      Module._resolveFilename = function (request, ...rest) {
        // TypeORM looks for it in the folder of the process too.
        if (process.env.WITHOUT_DRIVER && /(^|node_modules.)pg$/.test(request)) {
          throw Object.assign(new Error("Cannot find module 'pg'"), { code: 'MODULE_NOT_FOUND' });
        }
        return resolve.call(this, request, ...rest);
      };
      const { NestFactory } = await import('@nestjs/core');
      const { ByokModule, EncryptionService } = await import('nestjs-byok');
      const module = ByokModule.forRoot({ secret: EncryptionService.generateSecret(), db: process.env.DATABASE_URL });
      await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false }).then(
        (app) => app.close().then(() => console.log('started')),
        (error) => console.log(error.message),
      );`;
    const run = async (more: object) => {
      const env = { ...process.env, DATABASE_URL: database.url, ...more };
      const args = ['--input-type=module', '-e', script];
      return (await promisify(execFile)(process.execPath, args, { cwd: ROOT, env })).stdout.trim();
    };
    expect(await run({ WITHOUT_DRIVER: '1' })).toBe(
      'Cannot use the database of stored keys. The Postgres driver is not installed. Install it: npm install pg',
    );
    expect(await run({})).toBe('started');
  });
});
