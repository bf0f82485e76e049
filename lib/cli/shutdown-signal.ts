/** Milliseconds in which a second signal is the same one: npx passes on what the terminal has sent to both. */
const ECHO = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** @internal */
export interface StopSignal {
  signal: AbortSignal;
  dispose(): void;
}

/**
 * Asks for a clean end at the first Ctrl-C, SIGTERM or SIGHUP, and where nobody reads what is written any more. The
 * next signal ends the process at once, which harms nothing either.
 *
 * @internal
 */
export function stopOnSignal(onStop: () => void): StopSignal {
  const end = new AbortController();
  let first = 0;
  const stop = () => {
    if (end.signal.aborted) return;
    first = performance.now();
    end.abort();
    onStop();
  };
  const handle = (name: NodeJS.Signals) => {
    if (!end.signal.aborted) return stop();
    if (performance.now() - first < ECHO) return;
    dispose();
    process.kill(process.pid, name);
  };
  const dispose = () => {
    for (const name of SIGNALS) process.off(name, handle);
    for (const stream of [process.stdout, process.stderr]) stream.off('error', stop);
  };
  for (const name of SIGNALS) process.on(name, handle);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
  return { signal: end.signal, dispose };
}
