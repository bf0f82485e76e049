import { Agent, get, type IncomingMessage } from 'node:http';
import { watchLostTime } from './lost-time.js';

/** What a load saw. Times are milliseconds, without those that a busy machine takes. */
export interface LoadResult {
  total: number;
  ok: number;
  /** Answers 503 in the form of the library. */
  unavailable: number;
  /** Answers 200 with somebody else's key, or with none. */
  mixedUp: number;
  /** Everything else there was, and how often. */
  other: Record<string, number>;
  slowestUnavailable: number;
}

interface Answer {
  status: number;
  body: string;
}

/** The key that a load expects a user to have. */
export const keyOfUser = (user: string): string => `test-key-of-${user}-0123456789`;

/** Requests to an instance of `guarded-app.mjs`, over so many connections, each of which asks again at once. */
export class Load {
  readonly result: LoadResult = { total: 0, ok: 0, unavailable: 0, mixedUp: 0, other: {}, slowestUnavailable: 0 };
  readonly #agent: Agent;
  readonly #lost = watchLostTime();
  readonly #loops: Promise<void>[];
  #stopped = false;
  #firstOk: ((at: number) => void)[] = [];

  constructor(
    private readonly url: string,
    private readonly users: readonly string[],
    connections: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#loops = Array.from({ length: connections }, (_, i) => this.#ask(i));
  }

  /** Resolves with the time of the next request that is begun from now on and answered with a key. */
  nextOk(): Promise<number> {
    return new Promise((resolve) => this.#firstOk.push(resolve));
  }

  async stop(): Promise<LoadResult> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
    this.#lost.stop();
    return this.result;
  }

  async #ask(start: number): Promise<void> {
    for (let i = start; !this.#stopped; i += 7) {
      const user = this.users[i % this.users.length];
      const waiting = this.#firstOk;
      const begun = performance.now() - this.#lost.soFar();
      const answer = await this.#send(user).catch((error: NodeJS.ErrnoException) => String(error.code ?? error));
      const took = performance.now() - this.#lost.soFar() - begun;
      this.result.total++;
      if (typeof answer === 'string') this.#count(answer);
      else if (answer.status === 200 && this.#isRight(answer.body, user)) {
        this.result.ok++;
        if (waiting.length > 0) {
          if (this.#firstOk === waiting) this.#firstOk = [];
          for (const tell of waiting.splice(0)) tell(performance.now());
        }
      } else if (answer.status === 200) this.result.mixedUp++;
      else if (answer.status === 503 && answer.body.includes('"BYOK_UNAVAILABLE"')) {
        this.result.unavailable++;
        this.result.slowestUnavailable = Math.max(this.result.slowestUnavailable, took);
      } else this.#count(`${answer.status} ${answer.body.slice(0, 80)}`);
    }
  }

  #isRight(body: string, user: string): boolean {
    const found = JSON.parse(body) as { user: string; apiKey: string };
    return found.user === user && found.apiKey === keyOfUser(user);
  }

  #count(what: string): void {
    this.result.other[what] = (this.result.other[what] ?? 0) + 1;
  }

  #send(user: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = get(
        this.url,
        { agent: this.#agent, headers: { 'x-user': user } },
        (response: IncomingMessage) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => (body += chunk));
          response.on('end', () => resolve({ status: response.statusCode!, body }));
          response.on('error', reject);
        },
      );
      request.on('error', reject);
    });
  }
}
