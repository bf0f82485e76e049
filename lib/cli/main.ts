#!/usr/bin/env node
import 'reflect-metadata';
import { run } from './program.js';

// Whoever reads our output may stop reading: `nestjs-byok status | head -1`.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

process.exitCode = await run(process.argv.slice(2));
// When all is written; a connection that a failure has left open would keep the process for seconds.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
