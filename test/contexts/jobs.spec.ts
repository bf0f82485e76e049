import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  BullModule,
  InjectQueue,
  OnQueueEvent,
  OnWorkerEvent,
  Processor,
  QueueEventsHost,
  QueueEventsListener,
  WorkerHost,
} from '@nestjs/bullmq';
import { Injectable, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { type Job, type Queue, QueueEvents } from 'bullmq';
import {
  ApiKey,
  ByokModule,
  type ByokModuleOptions,
  ByokService,
  ConfigurationError,
  KeyRequiredError,
  RequireApiKey,
} from '../../lib/index.js';
import { findLeaks } from '../../lib/entries/testing.js';
import { type ByokApp, SECRET, startWith } from '../support/byok-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { findRedis, startRedis, type TestRedis } from '../support/redis.js';
import { providerOf, sdkError } from '../support/refusals.js';
import { until } from '../support/until.js';

const KEY = 'an-example-of-an-api-key-1f9c';

@Processor('jobs')
class GuardedProcessor extends WorkerHost {
  @RequireApiKey('openai')
  async process() {}
}

@Processor('jobs')
class ParameterOfProcessor extends WorkerHost {
  async process(@ApiKey() _: unknown) {}
}

@Processor('jobs')
@RequireApiKey('openai')
class GuardedProcessorClass extends WorkerHost {
  async process() {}
}

@Processor('jobs')
class GuardedListener extends WorkerHost {
  async process() {}
  @OnWorkerEvent('completed')
  @RequireApiKey('openai')
  completed() {}
}

@QueueEventsListener('jobs')
class GuardedQueueEvents extends QueueEventsHost {
  @OnQueueEvent('completed')
  @RequireApiKey('openai')
  completed() {}
}

@Injectable()
class GuardedCron {
  @Cron('* * * * *')
  @RequireApiKey('openai')
  nightly() {}
}

@Injectable()
class GuardedInterval {
  @Interval(1e9)
  @RequireApiKey('openai')
  often() {}
}

@Injectable()
class GuardedTimeout {
  @Timeout(1e9)
  once(@ApiKey() _: unknown) {}
}

@Injectable()
class GuardedOnEvent {
  @OnEvent('stored')
  @RequireApiKey('openai')
  stored() {}
}

@Injectable()
@RequireApiKey('openai')
class GuardedService {
  @Cron('* * * * *')
  nightly() {}
}

describe('A start with a decorator where Nest runs no guard', () => {
  it.each<[string, Type, string]>([
    ['on process() of a processor', GuardedProcessor, 'GuardedProcessor.process() uses @RequireApiKey()'],
    ['in process() of a processor', ParameterOfProcessor, 'ParameterOfProcessor.process() uses @ApiKey()'],
    ['on a processor', GuardedProcessorClass, 'GuardedProcessorClass uses @RequireApiKey()'],
    ['on a listener of a worker', GuardedListener, 'GuardedListener.completed() uses @RequireApiKey()'],
    ['on a listener of a queue', GuardedQueueEvents, 'GuardedQueueEvents.completed() uses @RequireApiKey()'],
    ['on a timer by the clock', GuardedCron, 'GuardedCron.nightly() uses @RequireApiKey()'],
    ['on an interval', GuardedInterval, 'GuardedInterval.often() uses @RequireApiKey()'],
    ['in a timeout', GuardedTimeout, 'GuardedTimeout.once() uses @ApiKey()'],
    ['on a listener of events', GuardedOnEvent, 'GuardedOnEvent.stored() uses @RequireApiKey()'],
    ['on a service with a timer', GuardedService, 'GuardedService uses @RequireApiKey()'],
  ])('%s is refused', async (_, provider, message) => {
    class JobsModule {}
    const start = startWith(ByokModule.forRoot({ secret: SECRET }), { module: JobsModule, providers: [provider] });
    await expect(start).rejects.toThrow(ConfigurationError);
    await expect(start).rejects.toThrow(message);
  });
});

/** What a job does, in whatever context: with the key of the user that it is about. */
@Injectable()
class Work {
  fails = false;

  constructor(private readonly byok: ByokService) {}

  async run(userId: string): Promise<string> {
    const key = await this.byok.resolveKey({ userId }, 'openai');
    if (!key) throw new KeyRequiredError(['openai']);
    return key.use(async (apiKey) => {
      if (this.fails) throw sdkError('openai', 401, `Incorrect key: ${apiKey}`);
      return `${userId} ${apiKey.length}`;
    });
  }
}

/** What came of the calls of timers and listeners. */
const done: string[] = [];
const codeOf = (error: unknown): string => String((error as { code?: unknown }).code);

@Injectable()
class Jobs {
  constructor(private readonly work: Work) {}

  @Cron('0 0 1 1 *', { name: 'nightly' })
  async nightly() {
    done.push(await this.work.run('alice').catch(codeOf));
  }

  @OnEvent('stored')
  async stored({ userId }: { userId: string }) {
    done.push(await this.work.run(userId).catch(codeOf));
  }
}

describe('A job', () => {
  let database: TestDatabase;
  let options: ByokModuleOptions;

  beforeAll(async () => {
    database = await createDatabase();
    options = { secret: SECRET, db: database.url, providers: { openai: providerOf('openai') } };
  });
  afterAll(() => database.drop());

  describe('of a timer or a listener', () => {
    let app: ByokApp;
    class JobsModule {}

    beforeAll(async () => {
      app = await startWith(ByokModule.forRoot(options), ScheduleModule.forRoot(), EventEmitterModule.forRoot(), {
        module: JobsModule,
        providers: [Work, Jobs],
      });
      await app.byok.setKey({ userId: 'alice' }, 'openai', KEY);
    });
    afterAll(() => app.close());

    it('uses the key of the user whose job it is, and notices when it is refused', async () => {
      const work = app.app.get(Work);
      const nightly = app.app.get(SchedulerRegistry).getCronJob('nightly');
      // Nobody waits for what a timer calls.
      await nightly.fireOnTick();
      await until(() => done.length === 1);
      await app.app.get(EventEmitter2).emitAsync('stored', { userId: 'alice' });
      await app.app.get(EventEmitter2).emitAsync('stored', { userId: 'bob' });
      work.fails = true;
      await nightly.fireOnTick();
      await until(() => done.length === 4);
      work.fails = false;
      expect(done).toEqual([`alice ${KEY.length}`, `alice ${KEY.length}`, 'BYOK_KEY_REQUIRED', 'BYOK_KEY_REFUSED']);
      const [{ lastCheck }] = await app.byok.listKeys({ userId: 'alice' });
      expect(lastCheck).toMatchObject({ outcome: 'refused', by: 'use' });
    });
  });

  it('of a script uses keys without an HTTP server', async () => {
    class ScriptModule {}
    const module = { module: ScriptModule, imports: [ByokModule.forRoot(options)], providers: [Work] };
    const script = await NestFactory.createApplicationContext(module, { logger: false });
    const user = { userId: 'sven' };
    await script.get(ByokService).setKey(user, 'openai', KEY);
    expect(await script.get(Work).run('sven')).toBe(`sven ${KEY.length}`);
    await script.get(ByokService).deleteKey(user, 'openai');
    await expect(script.get(Work).run('sven')).rejects.toThrow(KeyRequiredError);
    await script.close();
  });

  const redisServer = findRedis();
  (redisServer === undefined ? describe.skip : describe)('of a queue of BullMQ (needs redis-server)', () => {
    let redis: TestRedis;
    let app: ByokApp;
    let events: QueueEvents;

    @Processor('jobs')
    class JobsProcessor extends WorkerHost {
      constructor(
        private readonly work: Work,
        @InjectQueue('jobs') readonly queue: Queue,
      ) {
        super();
      }

      process({ data }: Job<{ userId: string }>): Promise<string> {
        return this.work.run(data.userId);
      }
    }

    beforeAll(async () => {
      redis = await startRedis(redisServer!);
      const { hostname: host, port } = new URL(redis.url);
      const connection = { host, port: Number(port) };
      class QueueModule {}
      app = await startWith(ByokModule.forRoot(options), BullModule.forRoot({ connection }), {
        module: QueueModule,
        imports: [BullModule.registerQueue({ name: 'jobs' })],
        providers: [Work, JobsProcessor],
      });
      events = new QueueEvents('jobs', { connection });
      await events.waitUntilReady();
      await app.byok.setKey({ userId: 'quinn' }, 'openai', KEY);
    });
    afterAll(async () => {
      await events.close();
      await app.close();
      await redis.kill();
    });

    it('uses the key of the user whose job it is, and leaves no key in the queue', async () => {
      const { queue } = app.app.get(JobsProcessor);
      const run = async (userId: string) => {
        const job = await queue.add('summarise', { userId });
        const answer = await job.waitUntilFinished(events).catch((error: Error) => error.message);
        const kept = await queue.getJob(job.id!);
        expect(findLeaks(KEY, kept?.asJSON(), answer)).toEqual([]);
        return answer as string;
      };
      expect(await run('quinn')).toBe(`quinn ${KEY.length}`);
      expect(await run('rosa')).toBe('An API key is required for: openai.');
      app.app.get(Work).fails = true;
      expect(await run('quinn')).toBe('openai refused the API key. Replace it with a new one.');
    });
  });
});
