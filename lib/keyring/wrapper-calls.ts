import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ByokError, KeyWrapperError } from '../errors/index.js';

/** Milliseconds that a key management service has for an answer. */
const ANSWER_WITHIN = 2_000;
const ATTEMPTS = 3;
const FIRST_DELAY = 100;

/**
 * Asks a key management service: two seconds an attempt, and three attempts where it is away, with pauses of chance
 * length between them, so that instances that lost it together do not come back together.
 *
 * @param id - Of the wrapper, for the message.
 * @param discard - For an answer that comes too late.
 * @throws KeyWrapperError and other errors of our own, as the wrapper threw them
 * @internal
 */
export async function askWrapper<T>(
  id: string,
  ending: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void = () => {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await askOnce(ending, ask, discard);
    } catch (error) {
      const failure = translate(id, error);
      if (!isOutage(failure) || attempt === ATTEMPTS || ending.aborted) throw failure;
      await pause(FIRST_DELAY * 2 ** attempt, ending);
    }
  }
}

/**
 * Waits from half of that to all of it. Never rejects.
 *
 * @param ref - false: it does not keep a process alive that has nothing else to do.
 * @internal
 */
export async function pause(longest: number, ending: AbortSignal, ref = true): Promise<void> {
  await sleep(randomInt(longest / 2, longest + 1), undefined, { signal: ending, ref }).catch(() => {});
}

/** Whether the service may answer the next time. @internal */
export function isOutage(error: unknown): error is KeyWrapperError {
  return error instanceof KeyWrapperError && !error.refused;
}

function askOnce<T>(
  ending: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
  discard: (late: T) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (ending.aborted) return reject(new LateAnswer());
    const late = new AbortController();
    const signal = AbortSignal.any([ending, late.signal]);
    const timer = setTimeout(() => late.abort(), ANSWER_WITHIN);
    // A wrapper that does not look at its signal is not waited for either.
    signal.addEventListener('abort', () => reject(new LateAnswer()), { once: true });
    new Promise<T>((asked) => asked(ask(signal)))
      .then((answer) => (signal.aborted ? discard(answer) : resolve(answer)), reject)
      .finally(() => clearTimeout(timer));
  });
}

class LateAnswer extends Error {
  override readonly name = 'LateAnswer';
}

/** The message of a foreign error may quote what was sent; its name and code do not. */
function translate(id: string, error: unknown): ByokError {
  if (error instanceof LateAnswer) {
    return new KeyWrapperError(`${id}: no answer within ${ANSWER_WITHIN / 1_000} seconds.`, false);
  }
  if (error instanceof ByokError) return error;
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const kind = [name, code].filter((part) => typeof part === 'string').join(' ');
  return new KeyWrapperError(`${id}: the wrapper failed${kind && ` (${kind})`}.`, false);
}
