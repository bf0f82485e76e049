// Preloaded into a process: its worker threads end, as if they were killed, when they have done some of their work.
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const { Worker } = threads;
threads.Worker = class extends Worker {
  constructor(...args) {
    super(...args);
    let answers = 0;
    this.on('message', () => ++answers === 50 && void this.terminate());
  }
};
syncBuiltinESMExports();
