import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type EncryptionService, RecordReencryptor } from '../crypto/index.js';
import { StorageError } from '../errors/index.js';
import { apiKeyBytes } from './api-key-bytes.js';
import { type PageOutcome, type PageTask, processPage, type SealedPage } from './reseal-page.js';
import type { WorkerAnswer, WorkerRequest, WorkerStart } from './reseal.worker.js';

/** More do not help: Postgres is what one waits for then. */
const MAX_WORKERS = 2;

/** Opens and seals pages without holding up who else uses this thread. @internal */
export interface PageProcessor {
  /** @param page - Its bytes may not be used any more afterwards. */
  process(task: PageTask, page: SealedPage): Promise<PageOutcome>;
  close(): Promise<void>;
}

/** In worker threads where there is more than one core, else in this one, a few rows at a time. @internal */
export function createPageProcessor(encryption: EncryptionService): PageProcessor {
  const file = fileURLToPath(new URL('./reseal.worker.js', import.meta.url));
  const workers = Math.min(availableParallelism() - 1, MAX_WORKERS);
  // In a bundle of one file there is no file to start.
  return workers > 0 && existsSync(file) ? new WorkerPool(encryption, file, workers) : new InlineProcessor(encryption);
}

class InlineProcessor implements PageProcessor {
  readonly #resealer: RecordReencryptor;
  readonly #current: string;

  constructor(encryption: EncryptionService) {
    this.#resealer = new RecordReencryptor(encryption.handles(), apiKeyBytes);
    this.#current = encryption.keyId.toString('hex');
  }

  async process(task: PageTask, page: SealedPage): Promise<PageOutcome> {
    const work = processPage(this.#resealer, task, page, this.#current);
    for (;;) {
      const step = work.next();
      if (step.done) return step.value;
      await turn();
    }
  }

  async close(): Promise<void> {}
}

class WorkerPool implements PageProcessor {
  readonly #workers: Worker[];
  readonly #waiting = new Map<number, { resolve: (outcome: PageOutcome) => void; reject: (error: unknown) => void }>();
  #last = 0;
  #failed = false;

  constructor(encryption: EncryptionService, file: string, count: number) {
    this.#workers = Array.from({ length: count }, () => {
      const start: WorkerStart = { keys: encryption.handles() };
      // Neither the environment, where the root secret may stand, nor options of the process such as --input-type.
      const worker = new Worker(file, { workerData: start, env: {}, execArgv: [] });
      worker.on('message', (answer: WorkerAnswer) => this.#answer(answer));
      worker.on('error', () => this.#fail());
      worker.on('exit', () => this.#fail());
      return worker;
    });
  }

  process(task: PageTask, { rows, sealed }: SealedPage): Promise<PageOutcome> {
    return new Promise((resolve, reject) => {
      if (this.#failed) return reject(workerFailure());
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      // Handed over, not copied; a small buffer is a part of a pool, which cannot be handed over.
      const own = sealed.byteLength === sealed.buffer.byteLength ? sealed : new Uint8Array(sealed);
      const request: WorkerRequest = { id, task, rows, sealed: own };
      this.#workers[id % this.#workers.length].postMessage(request, [own.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #answer({ id, outcome }: WorkerAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (outcome) waiting?.resolve(outcome);
    else waiting?.reject(workerFailure());
  }

  #fail(): void {
    this.#failed = true;
    for (const { reject } of this.#waiting.values()) reject(workerFailure());
    this.#waiting.clear();
  }
}

/** With a reason, so that it is not taken for an outage that passes. */
function workerFailure(): StorageError {
  return new StorageError('The worker thread that re-encrypts failed. Start the rotation again.', 'ERR_WORKER');
}
