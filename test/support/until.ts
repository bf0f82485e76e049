/** Waits for something to become true. */
export async function until(isTrue: () => Promise<boolean> | boolean, within = 60_000): Promise<void> {
  const begun = performance.now();
  while (!(await isTrue())) {
    if (performance.now() - begun > within) throw new Error('It did not become true in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until a moment is over. */
export function sleepUntil(moment: Date): Promise<void> {
  return until(() => Date.now() > moment.getTime() + 10);
}
