import type { Browser } from 'playwright-core';

/**
 * Path of a Chromium: `CHROME_PATH`, the system's, or the one that comes through npm for Linux on x64.
 *
 * @returns `undefined` where there is none
 * @throws {Error} under CI, where no check may be left out
 */
export function findChromium(): Promise<string | undefined>;

/** Starts it without a window, and without anything it would fetch by itself. */
export function launchChromium(executablePath: string): Promise<Browser>;
