import type { TracingChannel } from 'node:diagnostics_channel';

/**
 * Calls `begin` when work begins, and what that gives when the work has ended; until the function is called that this
 * gives.
 *
 * @internal
 */
export function listen<M extends object>(
  { start, asyncEnd }: TracingChannel<unknown, M>,
  begin: (message: M) => () => void,
): () => void {
  const underWay = new WeakMap<object, () => void>();
  const onStart = (message: unknown) => void underWay.set(message as M, begin(message as M));
  const onEnd = (message: unknown) => underWay.get(message as M)?.();
  start.subscribe(onStart);
  asyncEnd.subscribe(onEnd);
  return () => {
    start.unsubscribe(onStart);
    asyncEnd.unsubscribe(onEnd);
  };
}
