import { EncryptionService } from '../../crypto/index.js';
import { KeyringTable } from '../../keyring/index.js';
import {
  type RotationResult,
  RotationService,
  type RotationVerification,
  type UnreadableKey,
} from '../../rotation/index.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { isFirstInUse, prepareToSeal } from '../keyring-guard.js';
import { count, type Output, seconds, storedKeys, table } from '../output.js';
import { Progress } from '../progress.js';
import { withServices } from '../services.js';
import type { GlobalOptions } from '../arguments.js';
import { stopOnSignal } from '../shutdown-signal.js';
import type { Target } from '../target.js';

/** @internal */
export interface RotateCommandOptions extends GlobalOptions {
  dryRun?: boolean;
  verify?: boolean;
  /** Rows of a page. */
  batch?: number;
}

/** What the command does, in its order, while it may be asked to stop. */
interface Work {
  output: Output;
  options: RotateCommandOptions;
  rotation: RotationService;
  signal: AbortSignal;
}

/** Re-encrypts with the first secret what is sealed with others. Can be ended at any moment. @internal */
export async function rotate(output: Output, options: RotateCommandOptions, target: Target): Promise<ExitStatus> {
  // Until the services are closed: a Ctrl-C that comes as the last page ends must not turn the outcome into a kill.
  const stop = stopOnSignal(() => output.note('Stopping after the pages that are under way.'));
  try {
    return await withServices(target, async (services) => {
      const encryption = services.get(EncryptionService, { strict: false });
      const isNew = !(await isFirstInUse(services.get(KeyringTable, { strict: false }), encryption));
      await prepareToSeal(services, !options.dryRun);
      const keyId = encryption.keyId.toString('hex');
      if (isNew) {
        output.note(
          `The key ${keyId} was never in use here: an instance that runs without its secret cannot open what is moved.`,
        );
      }
      const work = { output, options, rotation: services.get(RotationService), signal: stop.signal };
      const result = await reencrypt(work, keyId);
      const verification = options.verify && !result.aborted ? await verify(work) : undefined;
      output.result({ keyId, dryRun: options.dryRun ?? false, ...result, verification }, [
        ...resultLines(result, keyId, options),
        ...(verification ? verificationLines(verification) : []),
        ...unreadableLines(verification ?? result),
      ]);
      return exitOf(result, verification, options);
    });
  } finally {
    stop.dispose();
  }
}

async function reencrypt({ output, options, rotation, signal }: Work, keyId: string): Promise<RotationResult> {
  const { dryRun, batch: batchSize } = options;
  output.note(`${dryRun ? 'Opening' : 'Re-encrypting'} what is not sealed with the key ${keyId}. Ctrl-C stops.`);
  const progress = new Progress(!output.json);
  try {
    return await rotation.rotate({
      signal,
      dryRun,
      batchSize,
      onProgress: ({ rotated, unreadable, total }) => progress.update(rotated + unreadable, total),
    });
  } finally {
    progress.end();
  }
}

async function verify({ output, options, rotation, signal }: Work): Promise<RotationVerification> {
  output.note('Opening every stored key.');
  const progress = new Progress(!output.json);
  try {
    return await rotation.verify({
      signal,
      batchSize: options.batch,
      onProgress: (rows) => progress.update(rows, null),
    });
  } finally {
    progress.end();
  }
}

function resultLines(result: RotationResult, keyId: string, { dryRun }: RotateCommandOptions): string[] {
  const { rotated, remaining, durationMs, aborted, unreadableCount } = result;
  const rate = Math.round((rotated * 1_000) / Math.max(durationMs, 1));
  const done = dryRun
    ? `${storedKeys(rotated)} would be moved to the key ${keyId}. Nothing was changed.`
    : `Moved ${storedKeys(rotated)} to the key ${keyId} in ${seconds(durationMs)} (${count(rate)}/s).`;
  const lines = [done];
  if (remaining === null) lines.push('How many are left on older keys could not be counted.');
  else if (!dryRun) lines.push(`Left on older keys: ${count(remaining)}.`);
  if (aborted) lines.push('Stopped before the end. Start it again to go on from there.');
  else if (!dryRun && remaining !== null && remaining > unreadableCount) {
    lines.push(
      'An instance still seals with an older secret: restart it with the newest one in front, and rotate again.',
    );
  }
  return lines;
}

function verificationLines({
  ok,
  rows,
  onOldKey,
  unreadableCount,
  durationMs,
  aborted,
}: RotationVerification): string[] {
  const opened = `Opened ${storedKeys(rows - unreadableCount)} of ${count(rows)} in ${seconds(durationMs)}`;
  if (aborted) return [`${opened}, then stopped before the end.`];
  if (ok) return [`${opened}: all open, and none is on an older key.`];
  return [`${opened}; on older keys: ${count(onOldKey)}, unreadable: ${count(unreadableCount)}.`];
}

function unreadableLines({ unreadable, unreadableCount }: RotationResult | RotationVerification): string[] {
  if (unreadableCount === 0) return [];
  const more = unreadableCount - unreadable.length;
  return [
    '',
    `${storedKeys(unreadableCount)} could not be opened with the given secrets. They stay as they are:`,
    ...table(['Owner', 'Provider', 'Label', 'Encryption key'], unreadable.map(rowOf)),
    ...(more > 0 ? [`  … and ${count(more)} more.`] : []),
  ];
}

function rowOf({ owner, provider, label, keyId }: UnreadableKey): string[] {
  return [`${owner.kind} ${owner.id}`, provider, label, keyId];
}

function exitOf(
  result: RotationResult,
  verification: RotationVerification | undefined,
  { dryRun }: RotateCommandOptions,
): ExitStatus {
  if (result.aborted || verification?.aborted) return EXIT.failed;
  const unreadable = verification?.unreadableCount ?? result.unreadableCount;
  const onOldKey = verification?.onOldKey ?? result.remaining ?? 0;
  if (!dryRun && onOldKey > unreadable) return EXIT.failed;
  return unreadable > 0 ? EXIT.unreadable : EXIT.done;
}
