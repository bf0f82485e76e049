import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

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
  const path = findInstalled();
  if (path) return path;
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: packaged } = await import('@sparticuz/chromium');
    return packaged.executablePath();
  }
  if (process.env.CI === 'true') throw new Error('There is no Chromium: set CHROME_PATH to one.');
  return undefined;
}

export function launchChromium(executablePath, args = []) {
  return chromium.launch({ executablePath, headless: true, args: [...flags(), ...args] });
}

export function launchProfile(executablePath, folder) {
  // A browser that is remote-controlled as a whole fills in no passwords.
  const ignoreDefaultArgs = ['--enable-automation'];
  return chromium.launchPersistentContext(folder, { executablePath, headless: true, args: flags(), ignoreDefaultArgs });
}

function flags() {
  // Root has no sandbox to give; only the project's own pages are opened.
  return process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS;
}
