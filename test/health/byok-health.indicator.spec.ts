import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByokHealthIndicator } from '../../lib/health/byok-health.indicator.js';
import { ByokHealth, EncryptionService } from '../../lib/index.js';
import { startEmbeddedPostgres } from '../../dev/postgres/embedded-postgres.js';
import { SECRET, startByok } from '../support/byok-app.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { startStopwatch } from '../support/lost-time.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const TIMEOUT = 300;

@Controller()
class ReadyController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly byok: ByokHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.byok.isHealthy('byok', { timeout: TIMEOUT })]);
  }
}

@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [ReadyController],
  providers: [ByokHealthIndicator],
})
class ReadyModule {}

const WELL = { keys: 'up', database: 'up', migrations: 'up', canary: 'up' };

describe('ByokHealthIndicator', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
    const through = await TcpProxy.inFrontOf(database.url);
    proxy = through.proxy;
    app = await startEdge({ options: { secret: SECRET, db: through.url }, imports: [ReadyModule] });
  });
  afterAll(async () => {
    proxy.thaw();
    await app.close();
    await proxy.close();
    await database.drop();
  });

  const ready = async () => {
    const answer = await fetch(`${app.url}/ready`);
    const text = await answer.text();
    for (const secret of [SECRET, 'postgres', '127.0.0.1', 'byok_']) expect(text).not.toContain(secret);
    return { status: answer.status, byok: (JSON.parse(text) as { details: { byok: object } }).details.byok };
  };
  beforeEach(async () => expect(await ready()).toEqual({ status: 200, byok: { status: 'up', ...WELL } }));

  it('is down within its time while the database does not answer, and up when it does again', async () => {
    proxy.freeze();
    try {
      const stop = startStopwatch();
      expect(await ready()).toEqual({ status: 503, byok: { status: 'down', keys: 'up', database: 'down' } });
      expect(stop()).toBeLessThan(TIMEOUT + 2_000);
    } finally {
      proxy.thaw();
    }
  });

  it('is down while a migration of this version has not run', async () => {
    const gone = await database.query(`DELETE FROM byok_migrations WHERE name LIKE 'CreateByokAuditLog%' RETURNING *`);
    expect(gone).toHaveLength(1);
    expect(await ready()).toEqual({ status: 503, byok: { status: 'down', ...WELL, migrations: 'down' } });
    await database.query('INSERT INTO byok_migrations SELECT * FROM json_populate_record(NULL::byok_migrations, $1)', [
      JSON.stringify(gone[0]),
    ]);
  });

  it('is down where the secret does not open what the database keeps for that', async () => {
    const [{ canary }] = await database.query('SELECT canary FROM byok_keyring');
    await database.query(`UPDATE byok_keyring SET canary = set_byte(canary, 100, 1 + get_byte(canary, 100) % 255)`);
    expect(await ready()).toEqual({ status: 503, byok: { status: 'down', ...WELL, canary: 'down' } });
    await database.query('UPDATE byok_keyring SET canary = $1', [canary]);
  });

  it('is down on an instance that has not the secret of a row that another one has stored', async () => {
    const other = new EncryptionService(EncryptionService.generateSecret());
    await app.byok.setKey({ userId: 'alice' }, 'openai', 'an-example-of-an-api-key-1f9c');
    const values = [other.keyId, other.canary(other.keyId)];
    await database.query('INSERT INTO byok_keyring (key_id, canary) VALUES ($1, $2)', values);
    expect((await ready()).status).toBe(200);
    await database.query('UPDATE user_api_keys SET key_id = $1', [other.keyId]);
    expect(await ready()).toEqual({ status: 503, byok: { status: 'down', ...WELL, canary: 'down' } });
    await database.query('DELETE FROM user_api_keys');
  });

  it('is down while Postgres is stopped, and up when it has been started again', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), `byok-test-${process.pid}-`));
    await chmod(dataDir, 0o711);
    let server = await startEmbeddedPostgres({ dataDir });
    const through = await TcpProxy.inFrontOf(server.url);
    const { app: other, close } = await startByok({ db: through.url });
    const check = () => other.get(ByokHealth).check();
    try {
      expect(await check()).toEqual({ healthy: true, checks: WELL });
      await server.stop();
      expect(await check()).toEqual({ healthy: false, checks: { keys: 'up', database: 'down' } });
      server = await startEmbeddedPostgres({ dataDir });
      through.proxy.target = Number(new URL(server.url).port);
      expect(await check()).toEqual({ healthy: true, checks: WELL });
    } finally {
      await close();
      await through.proxy.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it('looks at no database where there is none', async () => {
    const { app: sessions, close } = await startByok({ storage: 'session' });
    expect(await sessions.get(ByokHealth).check()).toEqual({ healthy: true, checks: { keys: 'up' } });
    await close();
  });
});
