import { BullModule, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Body, Controller, Get, Module, NotFoundException, Param, Post, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Job, Queue } from 'bullmq';
import { ByokModule, ByokService, KeyRequiredError, RequireApiKey } from 'nestjs-byok';
import { knownProvider } from 'nestjs-byok/providers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import OpenAI from 'openai';

/** A job has the user's id. It never has a key: Redis would keep it. */
interface Summary {
  userId: string;
  text: string;
}

type DemoRequest = IncomingMessage & { user?: { id: string } };

@Controller('summaries')
class SummariesController {
  constructor(@InjectQueue('summaries') private readonly queue: Queue<Summary>) {}

  /** Guarded, so that a user without a key learns it now, and not from a job that fails later. */
  @Post()
  @RequireApiKey('openai')
  async create(@Req() request: DemoRequest, @Body('text') text: string) {
    const { id } = await this.queue.add('summarise', { userId: request.user!.id, text });
    return { id };
  }

  @Get(':id')
  async find(@Req() request: DemoRequest, @Param('id') id: string) {
    const job = (await this.queue.getJob(id)) as Job<Summary, string> | undefined;
    if (!job || job.data.userId !== request.user?.id) throw new NotFoundException();
    return { state: await job.getState(), summary: job.returnvalue, failure: job.failedReason };
  }
}

@Processor('summaries')
class SummariesProcessor extends WorkerHost {
  constructor(private readonly byok: ByokService) {
    super();
  }

  async process({ data: { userId, text } }: Job<Summary>): Promise<string | null> {
    const key = await this.byok.resolveKey({ userId }, 'openai');
    if (!key) throw new KeyRequiredError(['openai']);
    return key.use(async (apiKey) => {
      const { choices } = await new OpenAI({ apiKey }).chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: text }],
      });
      return choices[0].message.content;
    });
  }
}

const redis = new URL(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379');

@Module({
  imports: [
    ByokModule.forRoot({
      secret: process.env.BYOK_SECRET!,
      db: process.env.DATABASE_URL,
      storage: 'database',
      providers: { openai: knownProvider('openai', { baseUrl: process.env.OPENAI_BASE_URL }) },
    }),
    BullModule.forRoot({ connection: { host: redis.hostname, port: Number(redis.port || 6379) } }),
    BullModule.registerQueue({ name: 'summaries' }),
  ],
  controllers: [SummariesController],
  providers: [SummariesProcessor],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// In place of authentication: whoever names a user is that user.
app.use((request: DemoRequest, _: ServerResponse, next: () => void) => {
  const id = request.headers['x-demo-user'];
  if (typeof id === 'string') request.user = { id };
  next();
});
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000);
console.log(`Listening on ${await app.getUrl()}/summaries`);
