import type { TracingChannel } from 'node:diagnostics_channel';

/**
 * Calls `begin` at the start of traced work, and the function that it returns at the end. Returns a function that stops
 * listening.
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
