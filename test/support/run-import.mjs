import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { ByokModule, ByokService } from '../../dist/index.js';
import { oldKeys } from './old-table.mjs';

// An import in a process of its own, made of the built library. It reports to its parent how far it is.

const { DATABASE_URL: db, BYOK_SECRET: secret, OLD_SECRET: oldSecret } = process.env;
class ImportModule {}
Module({ imports: [ByokModule.forRoot({ secret, db })] })(ImportModule);

const app = await NestFactory.createApplicationContext(ImportModule, { logger: false, abortOnError: false });
process.on('disconnect', () => process.exit());
const old = new pg.Client({ connectionString: db });
await old.connect();
const begun = performance.now();
const result = await app.get(ByokService).importKeys(oldKeys(old, Buffer.from(oldSecret, 'base64url')), {
  onProgress: ({ done }) => process.send({ done }),
});
process.send({ result, seconds: (performance.now() - begun) / 1_000 });
await old.end();
await app.close();
process.disconnect();
