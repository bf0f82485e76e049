import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type Histogram,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import {
  readChannel,
  refusalChannel,
  resolveChannel,
  rotateChannel,
  rotateProgressChannel,
} from '../../lib/diagnostics/channels.js';
import { type ByokRequest, EncryptionError, EncryptionService, RotationService } from '../../lib/index.js';
import { ByokTelemetryModule } from '../../lib/opentelemetry/byok-telemetry.module.js';
import { instrumentByok } from '../../lib/opentelemetry/instrument-byok.js';
import { type ByokApp, startByok, startWith } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { providerOf, sdkError } from '../support/refusals.js';
import { memorySessions } from '../support/sessions.js';

const KEY = 'an-example-of-an-api-key-1f9c';
const ALICE = { userId: 'alice-of-the-telemetry' };
const LABEL = 'label-of-the-telemetry';
const SECRETS = [EncryptionService.generateSecret(), EncryptionService.generateSecret()];

const spans = new InMemorySpanExporter();
const tracers = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const tracer = tracers.getTracer('test');
const numbers = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: numbers, exportIntervalMillis: 2 ** 30 })],
});

/** What was measured since the last time: of each metric its attributes and value. */
async function measured(): Promise<Record<string, { attributes: object; value: unknown }[]>> {
  numbers.reset();
  await meters.forceFlush();
  const metrics = numbers.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(
    metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.map(({ attributes, value }) => ({ attributes, value })),
    ]),
  );
}

describe('Telemetry', () => {
  let database: TestDatabase;
  let world: ByokApp;
  let stop: () => void;

  beforeAll(async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    database = await createDatabase();
    world = await startByok({
      secret: [...SECRETS].reverse(),
      db: database.url,
      providers: { acme: providerOf('acme') },
    });
    stop = instrumentByok({ tracer, meter: meters.getMeter('test') });
  });
  afterAll(async () => {
    stop();
    context.disable();
    await world.close();
    await meters.shutdown();
    await database.drop();
  });
  beforeEach(async () => {
    await database.query('DELETE FROM user_api_keys');
    await measured();
    spans.reset();
  });

  const finished = () => spans.getFinishedSpans().map(({ name, attributes, status }) => ({ name, attributes, status }));

  it('tells of every resolution its outcome and source, in the span of its request', async () => {
    const { byok } = world;
    await byok.setKey(ALICE, 'openai', KEY, { label: LABEL });
    await tracer.startActiveSpan('request', async (request) => {
      expect(await byok.getKey(ALICE, 'openai', { label: LABEL })).toBe(KEY);
      request.end();
    });
    expect(await byok.resolveKey(ALICE, ['anthropic', 'cohere'])).toBeNull();
    const visitor: ByokRequest = await memorySessions().request();
    await byok.setKey(visitor, 'openai', KEY);
    expect(await byok.getKey(visitor, 'openai')).toBe(KEY);
    await database.query(`UPDATE user_api_keys SET provider = 'moved'`);
    await expect(byok.getKey(ALICE, 'moved', { label: LABEL })).rejects.toThrow(EncryptionError);

    expect(finished()).toMatchObject([
      { name: 'byok.resolve', attributes: { 'byok.outcome': 'found', 'byok.source': 'database' } },
      { name: 'request' },
      { attributes: { 'byok.providers': ['anthropic', 'cohere'], 'byok.outcome': 'missing' }, status: { code: 0 } },
      { attributes: { 'byok.providers': ['openai'], 'byok.source': 'session' } },
      {
        attributes: { 'byok.outcome': 'failed', 'error.type': 'BYOK_UNAVAILABLE' },
        status: { code: SpanStatusCode.ERROR },
      },
    ]);
    const [resolve, request] = spans.getFinishedSpans();
    expect(resolve.parentSpanContext?.spanId).toBe(request.spanContext().spanId);

    const metrics = await measured();
    expect(metrics['byok.resolutions']).toEqual([
      { attributes: { 'byok.outcome': 'found', 'byok.source': 'database' }, value: 1 },
      { attributes: { 'byok.outcome': 'missing', 'byok.source': 'database' }, value: 1 },
      { attributes: { 'byok.outcome': 'found', 'byok.source': 'session' }, value: 1 },
      {
        attributes: { 'byok.outcome': 'failed', 'byok.source': 'database', 'error.type': 'BYOK_UNAVAILABLE' },
        value: 1,
      },
    ]);
    const durations = metrics['byok.resolution.duration'].map(({ value }) => value as Histogram);
    expect(durations.map(({ count }) => count)).toEqual([1, 1, 1, 1]);
    for (const { sum } of durations) expect(sum).toBeLessThan(1);

    const everything = JSON.stringify(
      [spans.getFinishedSpans().map(({ parentSpanContext: _, ...span }) => span), metrics],
      leaveOutCircles(),
    );
    expect(everything).toContain('byok.resolve');
    for (const secret of [KEY, ALICE.userId, LABEL]) expect(everything).not.toContain(secret);
  });

  it('tells how many look-ups shared a statement', async () => {
    const { byok } = world;
    await byok.setKey(ALICE, 'openai', KEY);
    await Promise.all(Array.from({ length: 60 }, () => byok.getKey(ALICE, 'openai')));
    const { 'byok.read.batch_size': sizes, 'byok.read.duration': durations } = await measured();
    expect(sizes).toMatchObject([{ attributes: { 'byok.outcome': 'done' }, value: { sum: 60, min: 1 } }]);
    const { count, max } = sizes[0].value as Histogram;
    expect(count).toBeLessThan(20);
    expect(max).toBeGreaterThan(10);
    expect((durations[0].value as Histogram).count).toBe(count);
  });

  it('counts the keys that providers did not accept', async () => {
    await world.byok.setKey(ALICE, 'acme', KEY);
    const key = await world.byok.resolveKey(ALICE, 'acme');
    await measured();
    await key!.report(sdkError('acme', 402));
    await key!.report(new Error('a fault'));
    expect((await measured())['byok.refusals']).toEqual([
      { attributes: { 'byok.provider': 'acme', 'error.type': 'BYOK_KEY_NO_CREDIT' }, value: 1 },
    ]);
    await world.byok.deleteKey(ALICE, 'acme');
  });

  it('follows a rotation', async () => {
    const { byok } = world;
    for (const userId of ['a', 'b', 'c']) await byok.setKey({ userId }, 'openai', KEY);
    const other = await startByok({ secret: SECRETS, db: database.url });
    try {
      await other.app.get(RotationService).rotate({ batchSize: 2, concurrency: 1 });
      expect(finished()).toMatchObject([
        { name: 'byok.rotate', attributes: { 'byok.rotation.rotated': 3, 'byok.outcome': 'done' } },
      ]);
      const attributes = { 'byok.rotation.dry_run': false };
      expect(await measured()).toMatchObject({
        'byok.rotation.rows': [{ attributes, value: 3 }],
        'byok.rotation.remaining': [{ attributes, value: 0 }],
        'byok.rotation.unreadable': [{ attributes, value: 0 }],
      });
    } finally {
      await other.close();
    }
  });

  it('of a module ends with the application, and costs nothing before and after', async () => {
    stop();
    const channels = [resolveChannel, readChannel, refusalChannel, rotateChannel, rotateProgressChannel];
    const heard = () => channels.map((each) => each.hasSubscribers);
    expect(heard()).toEqual([false, false, false, false, false]);
    await world.byok.setKey(ALICE, 'openai', KEY);
    await world.byok.getKey(ALICE, 'openai');
    expect(finished()).toEqual([]);

    trace.setGlobalTracerProvider(tracers);
    const app = await startWith(
      ByokTelemetryModule,
      (await import('../../lib/index.js')).ByokModule.forRoot({ secret: SECRETS }),
    );
    expect(heard()).toEqual([true, true, true, true, true]);
    await world.byok.getKey(ALICE, 'openai');
    expect(finished()).toMatchObject([{ name: 'byok.resolve' }]);
    await app.close();
    expect(heard()).toEqual([false, false, false, false, false]);
    trace.disable();
  });
});

/** Spans refer to what made them. */
function leaveOutCircles() {
  const seen = new WeakSet<object>();
  return (_: string, value: unknown) => {
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return undefined;
    seen.add(value);
    return value;
  };
}
