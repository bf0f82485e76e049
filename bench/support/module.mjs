import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ByokModule } from '../../dist/index.js';

/** Runs work with the library in an application without a server. */
export async function inModule(options, work) {
  class BenchModule {}
  Module({ imports: [ByokModule.forRoot(options)] })(BenchModule);
  const app = await NestFactory.createApplicationContext(BenchModule, { logger: ['error', 'warn'] });
  try {
    return await work(app);
  } finally {
    await app.close();
  }
}
