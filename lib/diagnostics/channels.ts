import { channel, tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/**
 * The library publishes to channels of `node:diagnostics_channel`, which cost nothing without a subscriber. Messages contain
 * no key, owner or label. `nestjs-byok/opentelemetry` turns them into spans and metrics.
 */

/** One look-up and decryption for a route or for `resolveKey`: `tracing:nestjs-byok.resolve:*`. @publicApi */
export interface ResolveMessage {
  /** The requested providers; several if any of them is enough. */
  providers: readonly string[];
  /** Where keys are looked up. Undefined until it is known. */
  source?: 'session' | 'database';
  /** Set at the end. `missing`: there is no key. `failed`: an error. */
  outcome?: 'found' | 'missing' | 'failed';
  /** The code of the error, with `failed`. */
  code?: string;
}

/** One statement that reads keys for one or more requests: `tracing:nestjs-byok.read:*`. @publicApi */
export interface ReadMessage {
  /** Look-ups that share the statement. */
  requests: number;
  /** Requested keys. */
  slots: number;
  outcome?: 'done' | 'failed';
  code?: string;
}

/** One rotation: `tracing:nestjs-byok.rotate:*`, and after every page `nestjs-byok.rotate.progress`. @publicApi */
export interface RotateMessage {
  dryRun: boolean;
  /** As in `RotationProgress`. */
  rotated: number;
  changedMeanwhile: number;
  unreadable: number;
  total: number | null;
  outcome?: 'done' | 'aborted' | 'failed';
  code?: string;
}

/** A key that its provider refused when it was used: `nestjs-byok.refusal`. @publicApi */
export interface RefusalMessage {
  provider: string;
  /** The code of the `KeyUnusableError`. */
  code: string;
}

/** @internal */
export const refusalChannel = channel('nestjs-byok.refusal');
/** @internal */
export const resolveChannel = tracingChannel<unknown, ResolveMessage>('nestjs-byok.resolve');
/** @internal */
export const readChannel = tracingChannel<unknown, ReadMessage>('nestjs-byok.read');
/** @internal */
export const rotateChannel = tracingChannel<unknown, RotateMessage>('nestjs-byok.rotate');
/** @internal */
export const rotateProgressChannel = channel('nestjs-byok.rotate.progress');

/**
 * Runs work between the events `start` and `asyncEnd`. Node's `tracePromise` would publish the result, which may be a key,
 * and the error; this publishes only what `describe` returns, and the error's code.
 *
 * @internal
 */
export async function traced<M extends { outcome?: string; code?: string }, T>(
  { start, end, asyncStart, asyncEnd }: TracingChannel<unknown, M>,
  message: M,
  work: () => Promise<T>,
  describe: (result: T) => M['outcome'],
): Promise<T> {
  const done = start.runStores(message, work);
  end.publish(message);
  try {
    const result = await done;
    message.outcome = describe(result);
    return result;
  } catch (error) {
    message.outcome = 'failed';
    const { code } = error as { code?: unknown };
    message.code = typeof code === 'string' ? code : 'BYOK_UNEXPECTED';
    throw error;
  } finally {
    asyncStart.publish(message);
    asyncEnd.publish(message);
  }
}
