/** Milliseconds between two looks. */
const EVERY = 5;

/**
 * Measures the time that a busy machine, or other tests in this process, keep it from its timers.
 *
 * @returns ends the measurement: the milliseconds lost
 */
export function measureLostTime(): () => number {
  let [lost, last] = [0, performance.now()];
  const look = () => {
    const now = performance.now();
    lost += Math.max(0, now - last - EVERY);
    last = now;
  };
  const timer = setInterval(look, EVERY).unref();
  return () => {
    clearInterval(timer);
    look();
    return lost;
  };
}

/** Starts to measure the milliseconds that are due to what is measured, and not to a busy machine. */
export function startStopwatch(): () => number {
  const lost = measureLostTime();
  const begun = performance.now();
  return () => performance.now() - begun - lost();
}
