import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { Module } from '@nestjs/common';
import { ByokModule, RotationService } from '../../dist/index.js';

// A runner of rotations in a process of its own, made of the built library. It tells its parent how far it is.

class RunnerModule {}
Module({ imports: [ByokModule.forRoot(JSON.parse(process.env.BYOK_TEST_OPTIONS))] })(RunnerModule);

const app = await NestFactory.createApplicationContext(RunnerModule, { logger: false, abortOnError: false });
const end = new AbortController();
process.on('message', () => end.abort());
process.on('disconnect', () => process.exit());
const onProgress = (progress) => process.send({ progress });
try {
  const options = JSON.parse(process.env.BYOK_TEST_ROTATE);
  process.send({ result: await app.get(RotationService).rotate({ ...options, onProgress, signal: end.signal }) });
} catch (error) {
  process.send({ error: { name: error.name, message: error.message } });
}
await app.close();
process.disconnect();
