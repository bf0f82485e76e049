import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NamedAnswer, namedAnswer, usualAnswer } from './provider-answers.js';

/** A request that the stand-in received. @publicApi */
export interface StandInRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  /** The key that reached it, from `Authorization`, `x-api-key`, `api-key` or `x-goog-api-key`; empty if there was none. */
  key: string;
  /** Parsed, if it was JSON; else its text. */
  body: unknown;
}

/** An answer as it is sent. @publicApi */
export interface StandInAnswer {
  /** @defaultValue `200` */
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  /** Parts of a body that is streamed, one after the other, as `text/event-stream` unless `headers` says otherwise. */
  stream?: readonly string[];
  /** Milliseconds before the answer begins, and before each part of a stream. */
  delay?: number;
}

/**
 * An answer, or its name: `ok` as without a script; `refused` 401 and `no-credit` 429, as OpenAI refuses a key;
 * `rate-limited` 429; `down` 503. Those that refuse quote the key, as providers do, so that a test finds where an
 * application repeats their words.
 *
 * @publicApi
 */
export type StandInScript =
  | NamedAnswer
  | StandInAnswer
  | ((request: StandInRequest) => NamedAnswer | StandInAnswer | Promise<NamedAnswer | StandInAnswer>);

/** A server on this machine that stands in for a provider, see {@link startProviderStandIn}. @publicApi */
export class ProviderStandIn {
  readonly requests: StandInRequest[] = [];
  readonly #scripts = new Map<string, StandInScript>();
  readonly #closing = new AbortController();
  readonly #server = createServer((request, response) => {
    void this.#respond(request, response).catch(() => response.destroy());
  });

  /** @internal */
  constructor() {}

  /** @internal */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
  }

  /** `http://127.0.0.1:…`, without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The keys of all requests, in their order. */
  get keys(): string[] {
    return this.requests.map(({ key }) => key);
  }

  /**
   * Answers requests so from now on: those for a path (without the query), or all others with `'*'`.
   *
   * @example
   * ```ts
   * standIn.answer('*', 'refused').answer('/v1/models', { body: { data: [] } });
   * standIn.answer('*', ({ key }) => (key === revoked ? 'refused' : 'ok'));
   * ```
   */
  answer(path: string, script: StandInScript): this {
    this.#scripts.set(path, script);
    return this;
  }

  /** Forgets all scripts and requests. */
  reset(): void {
    this.#scripts.clear();
    this.requests.length = 0;
  }

  /** Ends the server and all of its connections, answers that are under way included. */
  async close(): Promise<void> {
    this.#closing.abort();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #respond(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await read(incoming);
    this.requests.push(request);
    const script = this.#scripts.get(request.path) ?? this.#scripts.get('*') ?? 'ok';
    const given = typeof script === 'function' ? await script(request) : script;
    await this.#send(response, typeof given === 'string' ? answerOf(given, request) : given);
  }

  async #send(
    response: ServerResponse,
    { status = 200, headers, body, stream, delay = 0 }: StandInAnswer,
  ): Promise<void> {
    const pause = () => sleep(delay, undefined, { signal: this.#closing.signal });
    await pause();
    const type = stream ? 'text/event-stream' : typeof body === 'string' ? 'text/plain' : 'application/json';
    response.writeHead(status, { 'content-type': type, ...headers });
    for (const part of stream ?? []) {
      response.write(part);
      await pause();
    }
    response.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  }
}

/**
 * Starts a server on this machine that answers as a provider does: without a script as OpenAI's API of chat completions
 * (streamed if the request asks for it), Anthropic's of messages, and lists of models; other paths are 404.
 *
 * @example
 * ```ts
 * const standIn = await startProviderStandIn();
 * process.env.OPENAI_BASE_URL = `${standIn.url}/v1`;
 * // … requests to the application …
 * expect(standIn.keys).toEqual(['sk-test-of-alice']);
 * await standIn.close();
 * ```
 *
 * @publicApi
 */
export async function startProviderStandIn(): Promise<ProviderStandIn> {
  const standIn = new ProviderStandIn();
  await standIn.listen();
  return standIn;
}

function answerOf(name: NamedAnswer, request: StandInRequest): StandInAnswer {
  return name === 'ok' ? usualAnswer(request) : namedAnswer(name, request.key);
}

async function read(incoming: IncomingMessage): Promise<StandInRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  return {
    method: incoming.method ?? 'GET',
    path: pathname,
    query: searchParams,
    headers: incoming.headers,
    key: keyIn(incoming.headers),
    body: parsed(Buffer.concat(chunks).toString()),
  };
}

function keyIn(headers: IncomingMessage['headers']): string {
  const named = headers['x-api-key'] ?? headers['api-key'] ?? headers['x-goog-api-key'];
  return String(named ?? headers.authorization?.replace(/^\w+ +/, '') ?? '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
