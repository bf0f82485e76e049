import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const HEADLESS = ['/usr/bin/chromium-headless-shell'];

const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

function findInstalled() {
  return process.env.CHROME_PATH || SYSTEM.find((candidate) => existsSync(candidate));
}

export function findFullChromium() {
  const path = findInstalled();
  return path && !/headless/i.test(path) ? path : undefined;
}

export async function findChromium() {
  // Without the parts for a screen, a page takes a third of the processor time.
  const path =
    process.env.CHROME_PATH || HEADLESS.find((each) => existsSync(each)) || (await findPackaged()) || findInstalled();
  if (!path && process.env.CI === 'true') throw new Error('There is no Chromium: set CHROME_PATH to one.');
  return path;
}

/** The one from npm, which is headless, if it runs here. */
async function findPackaged() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const { default: packaged } = await import('@sparticuz/chromium');
  const path = await packaged.executablePath();
  const runs = await promisify(execFile)(path, ['--version']).catch(() => undefined);
  return runs && path;
}

export async function launchChromium(executablePath, args = []) {
  const { chromium } = await import('playwright-core');
  return chromium.launch({ executablePath, headless: true, args: [...flags(), ...args] });
}

export async function launchProfile(executablePath, folder) {
  const { chromium } = await import('playwright-core');
  // A browser that is remote-controlled as a whole fills in no passwords.
  const ignoreDefaultArgs = ['--enable-automation'];
  return chromium.launchPersistentContext(folder, { executablePath, headless: true, args: flags(), ignoreDefaultArgs });
}

function flags() {
  // Root has no sandbox to give; only the project's own pages are opened.
  return process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS;
}
