import { rotateChannel, type RotateMessage, rotateProgressChannel, traced } from '../diagnostics/index.js';
import type { RotateOptions, RotationProgress, RotationResult } from './rotation.interface.js';

/** Tells of a rotation and of its progress, where somebody listens. @internal */
export function tracedRotation(
  options: RotateOptions,
  rotate: (options: RotateOptions) => Promise<RotationResult>,
): Promise<RotationResult> {
  if (!rotateChannel.hasSubscribers && !rotateProgressChannel.hasSubscribers) return rotate(options);
  const { dryRun = false } = options;
  const message: RotateMessage = { dryRun, rotated: 0, changedMeanwhile: 0, unreadable: 0, total: null };
  const onProgress = (progress: RotationProgress) => {
    const { rotated, changedMeanwhile, unreadable, total } = progress;
    rotateProgressChannel.publish(Object.assign(message, { rotated, changedMeanwhile, unreadable, total }));
    options.onProgress?.(progress);
  };
  return traced(
    rotateChannel,
    message,
    () => rotate({ ...options, onProgress }),
    (result) => {
      const { rotated, changedMeanwhile, unreadableCount: unreadable, aborted } = result;
      Object.assign(message, { rotated, changedMeanwhile, unreadable });
      return aborted ? 'aborted' : 'done';
    },
  );
}
