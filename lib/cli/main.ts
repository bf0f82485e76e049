#!/usr/bin/env node
import 'reflect-metadata';
import { EXIT } from './exit-status.js';
import { run } from './program.js';

let unwritten: string | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    // Whoever reads our output may stop reading: `nestjs-byok status | head -1`. A full disk loses it.
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') unwritten ??= code;
  });
}

process.exitCode = await run(process.argv.slice(2));
// When all is written; a connection that a failure has left open would keep the process for seconds.
process.stdout.write('', () => process.stderr.write('', () => setImmediate(end)));

/** After the errors of what was written, which come a moment after its callbacks. */
function end(): void {
  if (unwritten === undefined) process.exit();
  const message = `nestjs-byok: What this command printed could not be written (${unwritten}).\n`;
  process.stderr.write(message, () => process.exit(EXIT.failed));
}
