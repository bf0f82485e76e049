import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../sides/server.mjs', import.meta.url));

/** A side of the comparison, serving in a process of its own. */
export class Side {
  #asked = 0;

  static async start(options) {
    const env = { ...process.env, NODE_ENV: 'production', BYOK_BENCH_SIDE: JSON.stringify(options) };
    const child = fork(SERVER, { env, execArgv: ['--expose-gc', '--no-warnings', ...(options.execArgv ?? [])] });
    const port = await new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message.port));
      child.once('exit', (code) => reject(new Error(`The side ${options.side} ended with ${code}`)));
    });
    return new Side(child, port);
  }

  constructor(child, port) {
    this.child = child;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Bytes of resident memory after a collection. */
  memory() {
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const hear = (message) => {
        if (message.id !== id) return;
        this.child.off('message', hear);
        resolve(message.answer);
      };
      this.child.on('message', hear);
      this.child.send({ id, ask: 'memory' });
    });
  }

  async stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.disconnect();
    await ended;
  }
}
