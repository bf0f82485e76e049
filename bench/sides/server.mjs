// One side of the comparison of routes, in a process of its own: GET /key answers { length } of the caller's key. Who the
// caller is stands in the header x-user, which only a benchmark would believe.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { bare } from './bare.mjs';
import { handWritten } from './hand-written.mjs';
import { inMemory } from './in-memory.mjs';
import { ours } from './ours.mjs';
import { team } from './team.mjs';
import { mountSessions } from './sessions.mjs';

const SIDES = { bare, inMemory, handWritten, team, ours };

const { side, platform, sessions = false, ...options } = JSON.parse(process.env.BYOK_BENCH_SIDE);

class BenchModule {}
const { prepare, ...module } = await SIDES[side](options);
Module(module)(BenchModule);
const adapter = platform === 'fastify' ? [new FastifyAdapter()] : [];
const app = await NestFactory.create(BenchModule, ...adapter, { logger: ['error', 'warn'] });
if (sessions) await mountSessions(app, platform);
await app.listen(0, '127.0.0.1');
await prepare?.(app);

process.on('message', ({ id, ask }) => {
  if (ask === 'memory') {
    globalThis.gc?.();
    process.send({ id, answer: process.memoryUsage.rss() });
  }
});
process.on('disconnect', async () => {
  await app.close();
  process.exit();
});
process.send({ port: app.getHttpServer().address().port });
