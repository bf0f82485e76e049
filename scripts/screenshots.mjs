// Pictures of every page in both themes, wide and narrow, in ./screenshots, for people to look at.
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../dev/dist/postgres/embedded-postgres.js';
import { findChromium, launchChromium } from '../test/support/chromium.mjs';
import { startShowcase } from '../test/support/showcase.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'screenshots');

/** The demo: the sample with stand-ins for the providers, so that the chat answers. */
async function startDemo(dataDir) {
  const child = spawn(process.execPath, [join(root, 'dev/dist/demo.js')], {
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
  const add = page.locator('.byok-choices');
  await add.getByText('OpenAI', { exact: true }).click();
  await add.getByLabel('OpenAI API key', { exact: true }).fill('sk-an-example-of-an-api-key-1f9c');
  await add.getByRole('button', { name: 'Save key' }).click();
  await page.getByText('…1f9c').first().waitFor();
  await shoot('dashboard-saved');
  await page.getByLabel('Manage the key for OpenAI').first().click();
  await shoot('dashboard-actions');
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

/** Our own frame, in another language and in the other direction, with long names, extra values and several keys. */
async function visitShowcase(page, url, shoot) {
  await page.goto(`${url}/byok`);
  const save = async (form, apiKey, more = {}) => {
    await form.locator('input[name=api_key]').fill(apiKey);
    for (const [name, value] of Object.entries(more)) await form.locator(`[name="${name}"]`).fill(value);
    await Promise.all([page.waitForEvent('response'), form.locator('button[type=submit]').click()]);
    await page.locator('[aria-busy]').waitFor({ state: 'detached' });
  };
  const add = async (provider, apiKey, more) => {
    await page.locator(`.byok-choice:has([type=radio][value="${provider}"]) > label`).click();
    await save(page.locator('.byok-choices form').filter({ visible: true }), apiKey, more);
  };
  await add('openai', 'sk-an-example-of-an-api-key-1f9c');
  await add('openai', 'sk-another-example-of-a-key-2e8d', { label: 'work' });
  await add('vectors', 'v1.an-example-of-an-api-key-77aa', { 'fields[region]': 'eu-central-1' });
  await add('long', 'an-example-of-a-long-key-5d5d');
  await shoot('several');
  await page.locator('.byok-row-actions > summary').first().click();
  await page.locator('.byok-action > summary').first().click();
  await save(page.locator('.byok-row form').first(), 'sk-NOT-OF-ITS-PATTERN-0000');
  await shoot('refused');
  await page.locator('.byok-choice > label').nth(1).click();
  await shoot('choice');
  await page.emulateMedia({ media: 'print' });
  await shoot('print');
  await page.emulateMedia({ media: null });
  await page.goto(`${url}/toasts`);
  await shoot('toasts');
}

const chromium = await findChromium();
if (chromium === undefined) throw new Error('Chromium was not found. Set CHROME_PATH.');
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const dataDir = await mkdtemp(join(tmpdir(), 'byok-screenshots-'));
// Postgres runs as another user if this process is root.
await chmod(dataDir, 0o711);
const demo = await startDemo(dataDir);
const server = await startEmbeddedPostgres({ dataDir: join(dataDir, 'showcase') });
const showcases = {
  english: await startShowcase({ db: server.url, audit: true, resolveUser: ({ headers }) => headers['x-user'] }),
  german: await startShowcase({ dashboard: { locale: 'de' } }),
  arabic: await startShowcase({ dashboard: { locale: 'ar' } }),
};
const browser = await launchChromium(chromium);
try {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 320]) {
      const context = await browser.newContext({
        colorScheme,
        reducedMotion: 'reduce',
        viewport: { width, height: 800 },
      });
      const page = await context.newPage();
      page.setDefaultTimeout(10_000);
      await visit(page, demo.url, (name) =>
        page.screenshot({ path: join(out, `${name}-${colorScheme}-${width}.png`), fullPage: true }),
      );
      await context.close();
      for (const [language, { url }] of Object.entries(showcases)) {
        const own = await browser.newContext({
          colorScheme,
          reducedMotion: 'reduce',
          viewport: { width, height: 800 },
          extraHTTPHeaders: { 'x-user': `${colorScheme}-${width}` },
        });
        const ownPage = await own.newPage();
        ownPage.setDefaultTimeout(10_000);
        await visitShowcase(ownPage, url, (name) =>
          ownPage.screenshot({ path: join(out, `${language}-${name}-${colorScheme}-${width}.png`), fullPage: true }),
        );
        await own.close();
      }
    }
  }
} finally {
  await browser.close();
  await Promise.all(Object.values(showcases).map(({ close }) => close()));
  await server.stop();
  await demo.stop();
  await rm(dataDir, { recursive: true, force: true });
}
console.log(`The pictures are in ${out}.`);
