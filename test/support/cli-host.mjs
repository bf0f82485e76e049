import { run } from '../../dist/cli/program.js';
import 'reflect-metadata';

// Runs commands one after another for `cli()` of cli.ts, each with its own environment, and loads the packages once.

const written = { stdout: '', stderr: '', output: '' };
for (const name of ['stdout', 'stderr']) {
  process[name].isTTY = false;
  process[name].write = (chunk, encoding, done = encoding) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    written[name] += text;
    written.output += text;
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
}

/** Whether the connections of a command close. A process of its own would take those along that a failure leaves open. */
async function areClosed() {
  for (let looks = 0; looks < 100; looks++) {
    if (!process.getActiveResourcesInfo().some((name) => /^(TCPSocket|TLS)/.test(name))) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

process.on('disconnect', () => process.exit());
process.on('message', async ({ args, environment }) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
  Object.assign(written, { stdout: '', stderr: '', output: '' });
  const code = await run(args);
  process.send({ code, ...written, isReusable: await areClosed() });
});
process.send('ready');
