/** Milliseconds between two looks. */
const EVERY = 5;

/** The time that a busy machine, or other tests in this process, keep it from its timers. */
export interface LostTime {
  /** Milliseconds until now. */
  soFar(): number;
  stop(): void;
}

/** Starts to measure lost time, for as long as it is not stopped. */
export function watchLostTime(): LostTime {
  let [lost, last] = [0, performance.now()];
  const soFar = () => {
    const now = performance.now();
    lost += Math.max(0, now - last - EVERY);
    last = now;
    return lost;
  };
  const timer = setInterval(soFar, EVERY).unref();
  return { soFar, stop: () => clearInterval(timer) };
}

/**
 * Measures lost time.
 *
 * @returns ends the measurement: the milliseconds lost
 */
export function measureLostTime(): () => number {
  const watch = watchLostTime();
  return () => {
    watch.stop();
    return watch.soFar();
  };
}

/** Starts to measure the milliseconds that are due to what is measured, and not to a busy machine. */
export function startStopwatch(): () => number {
  const lost = measureLostTime();
  const begun = performance.now();
  return () => performance.now() - begun - lost();
}
