import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger, type LoggerService } from '@nestjs/common';
import { inspect } from 'node:util';
import { RedactingLogger } from '../../lib/entries/logging.js';
import { ResolvedApiKey } from '../../lib/index.js';

const KEY = 'sk-an-example-of-an-api-key-1f9c';
const LEVELS = ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'] as const;

function recorder() {
  const lines: unknown[][] = [];
  const logger = Object.fromEntries(
    LEVELS.map((level) => [level, (...args: unknown[]) => void lines.push([level, ...args])]),
  ) as unknown as LoggerService;
  return { lines, logger };
}

/** What the logger behind gets for a message. */
function logged(message: unknown): unknown {
  const { lines, logger } = recorder();
  new RedactingLogger(logger).log(message);
  return lines[0][1];
}

describe('RedactingLogger', () => {
  it.each(LEVELS)('redacts messages and parameters of %s', (level) => {
    const { lines, logger } = recorder();
    new RedactingLogger(logger)[level](`used ${KEY}`, { key: KEY }, `Error: ${KEY}\n    at x`, 'Context');
    expect(lines).toEqual([
      [level, 'used [REDACTED]', { key: '[REDACTED]' }, 'Error: [REDACTED]\n    at x', 'Context'],
    ]);
  });

  it('writes with the default logger, and serves as the logger of Nest', () => {
    const written: string[] = [];
    class Memory extends ConsoleLogger {
      protected override printMessages(messages: unknown[], context?: string): void {
        written.push(inspect([messages, context], { depth: 9 }));
      }
    }
    Logger.overrideLogger(new RedactingLogger(new Memory()));
    try {
      new Logger('Chat').log({ headers: { authorization: `Bearer ${KEY}` }, model: 'm' });
      new Logger('Chat').error(new Error(`refused ${KEY}`));
    } finally {
      Logger.overrideLogger(false);
    }
    expect(written).toHaveLength(2);
    expect(written.join()).toMatch(/authorization: '\[REDACTED\]'.*model: 'm'[\s\S]*refused \[REDACTED\][\s\S]*Chat/);
    expect(written.join()).not.toContain(KEY);
    new RedactingLogger({ log() {}, error() {}, warn() {} }).debug('nobody listens');
  });

  it('goes deep, in circles too, and leaves what it was given as it was', () => {
    const given = {
      list: [KEY, 7, null, { password: 'short', tokens: 12, token: 123, secret: null }],
      map: new Map<string, unknown>([
        ['apiKey', 'short'],
        ['other', KEY],
      ]),
      set: new Set([KEY]),
      rawHeaders: ['X-Api-Key', 'short', 'Host', 'x'],
      when: new Date(0),
      bytes: Buffer.from(KEY),
      self: undefined as unknown,
    };
    given.self = given;
    const copy = logged(given) as typeof given;
    expect(copy.list).toEqual([
      '[REDACTED]',
      7,
      null,
      { password: '[REDACTED]', tokens: 12, token: '[REDACTED]', secret: null },
    ]);
    expect(copy.map).toEqual(
      new Map([
        ['apiKey', '[REDACTED]'],
        ['other', '[REDACTED]'],
      ]),
    );
    expect(copy.set).toEqual(new Set(['[REDACTED]']));
    expect(copy.rawHeaders).toEqual(['X-Api-Key', '[REDACTED]', 'Host', 'x']);
    expect(copy.when).toEqual(new Date(0));
    expect(copy.bytes).toBe(`[${KEY.length} bytes]`);
    expect(copy.self).toBe(copy);
    expect(given.list[0]).toBe(KEY);
  });

  it('redacts errors with their stacks, causes and properties, and leaves them errors', () => {
    class UpstreamError extends Error {
      readonly config = { headers: { 'x-api-key': 'short' } };
    }
    const cause = new TypeError(`inner ${KEY}`);
    const error = new UpstreamError(`outer ${KEY}`, { cause });
    cause.cause = error;
    const copy = logged(error) as UpstreamError;
    expect(copy).toBeInstanceOf(UpstreamError);
    expect(copy.message).toBe('outer [REDACTED]');
    expect(copy.stack).toMatch(/outer \[REDACTED\]\n {4}at /);
    expect(copy.config).toEqual({ headers: { 'x-api-key': '[REDACTED]' } });
    expect(copy.cause).toBeInstanceOf(TypeError);
    expect((copy.cause as Error).cause).toBe(copy);
    expect(inspect(copy, { depth: 9, showHidden: true })).not.toContain(KEY);
    expect(inspect(new AggregateError([error]), { depth: 9 })).toContain(KEY);
    expect(inspect(logged(new AggregateError([error])), { depth: 9, showHidden: true })).not.toContain(KEY);
  });

  it('never throws, whatever it is given', () => {
    const hostile = {
      get bad(): string {
        throw new Error(KEY);
      },
    };
    const bottomless = Array.from({ length: 200 }).reduce<object>((inner) => ({ inner }), {});
    const values = [
      undefined,
      null,
      7n,
      Symbol('x'),
      () => KEY,
      Object.create(null),
      hostile,
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error(KEY);
          },
        },
      ),
      JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'),
      bottomless,
      Array.from({ length: 50_000 }, () => ({})),
      new URL(`https://user:${KEY}@example.com/`),
      new ResolvedApiKey('openai', 'default', KEY, {}, 'session', null),
    ];
    for (const value of values) expect(inspect(logged(value), { depth: 9 })).not.toContain(KEY);
    expect(logged(values.at(-1))).toBe('[REDACTED]');
    expect(logged(values.at(-2))).toBe('https://[REDACTED]@example.com/');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});
