import { channel, tracingChannel, type TracingChannel } from 'node:diagnostics_channel';

/**
 * What the library tells of its work on channels of `node:diagnostics_channel`, which cost nothing while nobody listens.
 * No message carries a key, an owner or a label. The door `nestjs-byok/opentelemetry` makes spans and metrics of them.
 */

/** One look-up and decryption of the keys of a route, or of `resolveKey`: `tracing:nestjs-byok.resolve:*`. @publicApi */
export interface ResolveMessage {
  /** What was asked for; several where any of them would do. */
  providers: readonly string[];
  /** Where keys are looked for. Left out until that is known. */
  source?: 'session' | 'database';
  /** At the end. `missing` is an answer, `failed` is none. */
  outcome?: 'found' | 'missing' | 'failed';
  /** With `failed`: the code of the error. */
  code?: string;
}

/** One statement that reads keys, for as many requests as share it: `tracing:nestjs-byok.read:*`. @publicApi */
export interface ReadMessage {
  /** Look-ups that share it. */
  requests: number;
  /** Keys that it asks for. */
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

/** @internal */
export const resolveChannel = tracingChannel<unknown, ResolveMessage>('nestjs-byok.resolve');
/** @internal */
export const readChannel = tracingChannel<unknown, ReadMessage>('nestjs-byok.read');
/** @internal */
export const rotateChannel = tracingChannel<unknown, RotateMessage>('nestjs-byok.rotate');
/** @internal */
export const rotateProgressChannel = channel('nestjs-byok.rotate.progress');

/**
 * Does the work between the events `start` and `asyncEnd`. Unlike Node's own `tracePromise` it hands neither what the
 * work gives, which may be a key, nor its error to whoever listens: only what `describe` says of them.
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
