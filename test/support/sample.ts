import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { EncryptionService } from '../../lib/index.js';

/** What `npm start` runs. */
const START = fileURLToPath(new URL('../../dev/dist/start.js', import.meta.url));

/** What `npm run sample` runs. */
const NUMBERED = fileURLToPath(new URL('../../dev/dist/sample.js', import.meta.url));

/** The secret of samples that do not say which. */
export const SAMPLE_SECRET = EncryptionService.generateSecret();

/** The built sample, in a process of its own. */
export interface Sample {
  url: string;
  child: ChildProcess;
  /** Everything it has printed. */
  output(): string;
  /** Ends it and waits until it has ended; the exit code, or the signal that ended it. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface EndedSample {
  exit: number | string;
  output: string;
}

interface Started {
  sample: Sample;
  ready: Promise<string | undefined>;
  ended: Promise<number | string>;
}

export type SampleEnv = Record<string, string | undefined>;

/** Starts the sample and waits until it says where to open it. */
export async function startSample(env: SampleEnv): Promise<Sample> {
  const { sample, ready, ended } = launch(env);
  const url = await ready;
  if (url === undefined) throw new Error(`The sample ended with ${await ended}:\n${sample.output()}`);
  return Object.assign(sample, { url });
}

/** Starts a numbered sample as `npm run sample -- NAME` does, and waits until it says where it listens. */
export async function startNumbered(name: string, env: SampleEnv): Promise<Sample> {
  const { sample, ready, ended } = launch(env, [NUMBERED, name], /^Listening on (http:\/\/\S+:\d+)/m);
  const url = await ready;
  if (url === undefined) throw new Error(`${name} ended with ${await ended}:\n${sample.output()}`);
  return Object.assign(sample, { url: url.replace(/\[::1?\]|0\.0\.0\.0/, '127.0.0.1') });
}

/** Starts a sample that is not to come up. */
export async function failToStart(env: SampleEnv): Promise<EndedSample> {
  const { sample, ready, ended } = launch(env);
  if ((await ready) !== undefined) {
    await sample.end('SIGKILL');
    throw new Error('The sample started, and was not to.');
  }
  return { exit: await ended, output: sample.output() };
}

function launch(env: SampleEnv, args = [START], listening?: RegExp): Started {
  const child = spawn(process.execPath, args, {
    cwd: '/',
    env: { PATH: process.env['PATH'], BYOK_SECRET: SAMPLE_SECRET, PORT: '0', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? ''));
  });
  const ready = new Promise<string | undefined>((resolve) => {
    const listen = (chunk: unknown): void => {
      output += String(chunk);
      if (listening?.test(output)) resolve(listening.exec(output)?.[1]);
      // The last of what it prints.
      if (/^Ctrl-C stops/m.test(output)) resolve(/^Open (\S+) /m.exec(output)?.[1]?.replace('localhost', '127.0.0.1'));
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('close', () => resolve(undefined));
  });
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> => {
    child.kill(signal);
    return ended;
  };
  return { sample: { url: '', child, output: () => output, end }, ready, ended };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a spec knows what it asked for
  body: any;
}

/** A browser as far as cookies and the headers of its own site go; the same session whichever process it talks to. */
export class Visitor {
  cookie: string | undefined;
  /** Everything it was answered. */
  readonly answers: Answer[] = [];

  constructor(
    private readonly url: string,
    private readonly headers: Record<string, string> = {},
  ) {}

  /** The same browser at another process. */
  at(url: string): Visitor {
    const same = new Visitor(url, this.headers);
    same.cookie = this.cookie;
    return same;
  }

  async send(method: string, path: string, body?: object | string, headers: Record<string, string> = {}) {
    const form = body instanceof URLSearchParams;
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        'sec-fetch-site': 'same-origin',
        ...(this.cookie && { cookie: this.cookie }),
        ...(body !== undefined && { 'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json' }),
        ...this.headers,
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : form ? String(body) : JSON.stringify(body) }),
    });
    const [set] = response.headers.getSetCookie();
    if (set) this.cookie = set.split(';')[0];
    const text = await response.text();
    const json = /json/.test(response.headers.get('content-type') ?? '');
    const { status, headers: received } = response;
    const answer: Answer = { status, headers: received, text, body: json ? JSON.parse(text) : undefined };
    this.answers.push(answer);
    return answer;
  }

  async signIn(user: string): Promise<this> {
    const { status, text } = await this.send('POST', '/session', { user });
    if (status !== 204) throw new Error(`The sign-in of ${user} was answered with ${status}: ${text}`);
    return this;
  }

  async store(apiKey: string, provider = 'openai'): Promise<number> {
    return (await this.send('PUT', `/byok/api/keys/${provider}`, { apiKey })).status;
  }

  async remove(provider = 'openai'): Promise<number> {
    return (await this.send('DELETE', `/byok/api/keys/${provider}`)).status;
  }

  chat(message = 'Hello'): Promise<Answer> {
    return this.send('POST', '/chat', { message });
  }

  /** Fills in a form of the dashboard. */
  async submit(path: string, fields: Record<string, string>): Promise<Answer> {
    const page = await this.send('GET', '/byok', undefined, { accept: 'text/html' });
    const token = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    return this.send('POST', path, new URLSearchParams({ ...fields, _csrf: token }), { accept: 'text/html' });
  }
}
