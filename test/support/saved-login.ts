import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { findFullChromium, launchProfile } from './chromium.mjs';

export interface Login {
  username: string;
  password: string;
}

/** What the page of Chromium's password manager is given. */
interface PasswordsPrivate {
  addPassword(entry: Login & { url: string; note: string; useAccountStore: boolean }): Promise<void>;
}

const FULL_CHROMIUM = findFullChromium();

/** Whether there is a browser with a password manager; without one, its tests are left out. */
export const HAS_PASSWORD_MANAGER = FULL_CHROMIUM !== undefined;

if (!HAS_PASSWORD_MANAGER) {
  process.stderr.write('\n*** SKIPPED: no Chromium with a password manager. Set CHROME_PATH to test autofill. ***\n\n');
}

export interface SavedLogin {
  context: BrowserContext;
  close(): Promise<void>;
}

/** A browser profile of a person who has saved a login of a site. */
export async function openProfileWith(login: Login, url: string): Promise<SavedLogin> {
  if (FULL_CHROMIUM === undefined) throw new Error('There is no Chromium with a password manager.');
  const folder = await mkdtemp(join(tmpdir(), 'byok-profile-'));
  const context = await launchProfile(FULL_CHROMIUM, folder);
  // For what hangs, as jest's own limit: a busy machine is slow.
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await page.goto('chrome://password-manager/passwords');
  await page.evaluate(
    ({ username, password, url }) => {
      const { passwordsPrivate } = (globalThis as unknown as { chrome: { passwordsPrivate: PasswordsPrivate } }).chrome;
      return passwordsPrivate.addPassword({ url, username, password, note: '', useAccountStore: false });
    },
    { ...login, url },
  );
  await page.close();
  return {
    context,
    close: async () => {
      await context.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
