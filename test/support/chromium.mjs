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

export async function findChromium() {
  const path = process.env.CHROME_PATH || SYSTEM.find((candidate) => existsSync(candidate));
  if (path) return path;
  if (process.platform === 'linux' && process.arch === 'x64') {
    const { default: packaged } = await import('@sparticuz/chromium');
    return packaged.executablePath();
  }
  if (process.env.CI === 'true') throw new Error('There is no Chromium: set CHROME_PATH to one.');
  return undefined;
}

export function launchChromium(executablePath) {
  // Root has no sandbox to give; only the project's own pages are opened.
  const args = process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS;
  return chromium.launch({ executablePath, headless: true, args });
}
