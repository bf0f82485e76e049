import type { Attributes, Meter } from '@opentelemetry/api';
import {
  readChannel,
  type ReadMessage,
  refusalChannel,
  type RefusalMessage,
  resolveChannel,
  type ResolveMessage,
  rotateChannel,
  type RotateMessage,
  rotateProgressChannel,
} from '../diagnostics/index.js';
import { listen } from './listen.js';

/** Seconds, up to the time-out, after which a caller gets 503. */
const DURATIONS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Look-ups of one statement, at most 256 keys. */
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** Metrics of resolutions, reads and rotations. @internal */
export function measureByok(meter: Meter): (() => void)[] {
  const resolutions = meter.createCounter('byok.resolutions', {
    description: 'Look-ups of keys by outcome (found, missing, failed) and source (session, database).',
    unit: '{resolution}',
  });
  const resolving = meter.createHistogram('byok.resolution.duration', {
    description: 'Time of a look-up with its decryption.',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATIONS },
  });
  const sizes = meter.createHistogram('byok.read.batch_size', {
    description: 'Look-ups that share one statement.',
    unit: '{resolution}',
    advice: { explicitBucketBoundaries: SIZES },
  });
  const reading = meter.createHistogram('byok.read.duration', {
    description: 'Time of a statement that reads keys.',
    unit: 's',
    advice: { explicitBucketBoundaries: DURATIONS },
  });
  return [
    listen(resolveChannel, (message) => {
      const begun = performance.now();
      return () => {
        const attributes = attributesOf(message);
        resolutions.add(1, attributes);
        resolving.record(secondsSince(begun), attributes);
      };
    }),
    listen(readChannel, (message) => {
      const begun = performance.now();
      return () => {
        const attributes = attributesOf(message);
        sizes.record(message.requests, attributes);
        reading.record(secondsSince(begun), attributes);
      };
    }),
    countRefusals(meter),
    ...measureRotations(meter),
  ];
}

function countRefusals(meter: Meter): () => void {
  const refusals = meter.createCounter('byok.refusals', {
    description: 'Keys that their provider did not accept when they were used, by provider and error code.',
    unit: '{refusal}',
  });
  const onRefusal = (message: unknown) => {
    const { provider, code } = message as RefusalMessage;
    refusals.add(1, { 'byok.provider': provider, 'error.type': code });
  };
  refusalChannel.subscribe(onRefusal);
  return () => void refusalChannel.unsubscribe(onRefusal);
}

function measureRotations(meter: Meter): (() => void)[] {
  const rows = meter.createCounter('byok.rotation.rows', {
    description: 'Rows moved to the current encryption key; with a dry run, rows that would be.',
    unit: '{row}',
  });
  const left = meter.createGauge('byok.rotation.remaining', {
    description: 'Rows of the current rotation that are still on old encryption keys.',
    unit: '{row}',
  });
  const unreadable = meter.createGauge('byok.rotation.unreadable', {
    description: 'Rows of the current rotation that no given secret decrypts.',
    unit: '{row}',
  });
  const recorded = new WeakMap<RotateMessage, number>();
  const record = (message: RotateMessage) => {
    const attributes = { 'byok.rotation.dry_run': message.dryRun };
    rows.add(message.rotated - (recorded.get(message) ?? 0), attributes);
    recorded.set(message, message.rotated);
    if (message.total !== null) left.record(Math.max(0, message.total - message.rotated), attributes);
    unreadable.record(message.unreadable, attributes);
  };
  const onProgress = (message: unknown) => record(message as RotateMessage);
  rotateProgressChannel.subscribe(onProgress);
  return [
    listen(rotateChannel, (message) => () => record(message)),
    () => void rotateProgressChannel.unsubscribe(onProgress),
  ];
}

function attributesOf(message: ResolveMessage | ReadMessage): Attributes {
  return {
    ...(message.outcome && { 'byok.outcome': message.outcome }),
    ...('source' in message && { 'byok.source': message.source }),
    ...(message.code !== undefined && { 'error.type': message.code }),
  };
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1_000;
}
