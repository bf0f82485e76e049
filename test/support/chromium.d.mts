import type { Browser, BrowserContext } from 'playwright-core';

/**
 * Path of a Chromium: `CHROME_PATH`; the headless one of the system, or of npm for Linux on x64; or the system's full one.
 *
 * @returns `undefined` where there is none
 * @throws {Error} under CI, where no check may be left out
 */
export function findChromium(): Promise<string | undefined>;

/** Path of a Chromium with a password manager, which the one that comes through npm does not have. */
export function findFullChromium(): string | undefined;

/** Starts it without a window, and without anything it would fetch by itself. */
export function launchChromium(executablePath: string, args?: readonly string[]): Promise<Browser>;

/** Starts it with the profile in a folder, and with what it does with passwords. */
export function launchProfile(executablePath: string, folder: string): Promise<BrowserContext>;
