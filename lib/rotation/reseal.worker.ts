import { parentPort, workerData } from 'node:worker_threads';
import { RecordReencryptor, type RootKeyHandles } from '../crypto/index.js';
import { apiKeyBytes } from './api-key-bytes.js';
import { type PageOutcome, type PageTask, processPage, type SealedPage } from './reseal-page.js';

/** What the worker thread is started with. @internal */
export interface WorkerStart {
  keys: RootKeyHandles[];
}

/** @internal */
export interface WorkerRequest extends SealedPage {
  id: number;
  task: PageTask;
}

/** Without an outcome the page could not be done, for whatever reason. @internal */
export interface WorkerAnswer {
  id: number;
  outcome?: PageOutcome;
}

if (parentPort) {
  const port = parentPort;
  const { keys } = workerData as WorkerStart;
  const resealer = new RecordReencryptor(keys, apiKeyBytes);
  const current = Buffer.from(keys[0].id).toString('hex');
  port.on('message', ({ id, task, rows, sealed }: WorkerRequest) => {
    let outcome: PageOutcome | undefined;
    try {
      const work = processPage(resealer, task, { rows, sealed }, current);
      let step = work.next();
      while (!step.done) step = work.next();
      outcome = step.value;
    } catch {
      // What it was could quote a row.
    }
    const answer: WorkerAnswer = { id, outcome };
    const { write } = outcome ?? {};
    port.postMessage(answer, write ? [write.sealed.buffer as ArrayBuffer, write.fresh.buffer as ArrayBuffer] : []);
  });
}
