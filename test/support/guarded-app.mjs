import 'reflect-metadata';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApiKey, ByokModule, ByokService, RequireApiKey } from '../../dist/index.js';

// A real application in a process of its own: GET /key tells the caller's key, by way of a guard. Who the caller is
// stands in the header x-user, which only a test would believe.

class KeysController {
  key(apiKey, request) {
    return { user: request.headers['x-user'], apiKey };
  }
}
Controller()(KeysController);
const handler = Object.getOwnPropertyDescriptor(KeysController.prototype, 'key');
ApiKey()(KeysController.prototype, 'key', 0);
Req()(KeysController.prototype, 'key', 1);
Get('key')(KeysController.prototype, 'key', handler);
RequireApiKey('openai')(KeysController.prototype, 'key', handler);

class GuardedModule {}
const options = { ...JSON.parse(process.env.BYOK_TEST_OPTIONS), https: 'off' };
Module({
  imports: [ByokModule.forRoot({ ...options, resolveUser: ({ headers }) => headers['x-user'] })],
  controllers: [KeysController],
})(GuardedModule);

const app = await NestFactory.create(GuardedModule, { logger: false });
await app.listen(0, '127.0.0.1');
const byok = app.get(ByokService);
const lag = monitorEventLoopDelay({ resolution: 10 });
lag.enable();

process.on('message', async ({ id, method, args = [] }) => {
  const answer = (result) => process.send({ id, result });
  if (method === 'lag') answer({ p99: lag.percentile(99) / 1e6 - 10, max: lag.max / 1e6 - 10 });
  else if (method === 'resetLag') answer(lag.reset());
  else if (method === 'memory') {
    globalThis.gc?.();
    const { rss, heapUsed, external } = process.memoryUsage();
    answer({ rss, used: heapUsed + external });
  } else {
    await byok[method](...args).then(
      (result) => answer(result ?? null),
      (error) => process.send({ id, error: { name: error.name, message: error.message } }),
    );
  }
});
process.on('disconnect', async () => {
  await app.close();
  process.exit();
});
process.send({ ready: true, port: app.getHttpServer().address().port });
