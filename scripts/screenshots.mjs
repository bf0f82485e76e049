// Pictures of every page in both themes, wide and narrow, in ./screenshots, for people to look at.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findChromium, launchChromium } from '../test/support/chromium.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'screenshots');

/** The demo: the sample with stand-ins for the providers, so that the chat answers. */
async function startDemo(dataDir) {
  const child = spawn(process.execPath, [join(root, 'sample/dist/demo.js')], {
    env: { PATH: process.env.PATH, PORT: '0', BYOK_DATA_DIR: dataDir, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const url = await new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`The demo has ended:\n${output}`)));
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (/^Ctrl-C stops/m.test(output)) resolve(/^Open (\S+) /m.exec(output)[1]);
    });
  });
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit').once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}

async function visit(page, url, shoot) {
  await page.goto(url);
  await shoot('home-visitor');
  await page.goto(`${url}/gallery`);
  await shoot('gallery');
  await page.goto(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await shoot('home');
  await page.goto(`${url}/chat`);
  await shoot('key-required');
  await page.goto(`${url}/byok`);
  await shoot('dashboard-empty');
  const add = page.getByRole('region', { name: 'OpenAI', exact: true });
  await add.getByLabel('OpenAI API key', { exact: true }).fill('sk-an-example-of-an-api-key-1f9c');
  await add.getByRole('button', { name: 'Save key' }).click();
  await page.getByText('…1f9c').first().waitFor();
  await shoot('dashboard-saved');
  await page.getByLabel('Delete the key for OpenAI').first().click();
  await page.getByRole('dialog').waitFor();
  await shoot('dashboard-confirmation');
  await page.keyboard.press('Escape');
  await page.goto(`${url}/chat`);
  await shoot('chat');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('heading', { name: 'Reply' }).waitFor();
  await shoot('chat-reply');
  await page.goto(`${url}/byok/clear`);
  await shoot('clear');
  await page.getByRole('button', { name: /Delete/ }).click();
  await page.goto(`${url}/byok/nothing-here`);
  await shoot('not-found');
}

const chromium = await findChromium();
if (chromium === undefined) throw new Error('There is no Chromium: set CHROME_PATH to one.');
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const dataDir = await mkdtemp(join(tmpdir(), 'byok-screenshots-'));
const demo = await startDemo(dataDir);
const browser = await launchChromium(chromium);
try {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 320]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      await visit(page, demo.url, (name) =>
        page.screenshot({ path: join(out, `${name}-${colorScheme}-${width}.png`), fullPage: true }),
      );
      await context.close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
  await rm(dataDir, { recursive: true, force: true });
}
console.log(`The pictures are in ${out}.`);
