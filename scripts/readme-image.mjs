// Makes docs/images/dashboard.png, the picture in the README: `npm run readme-image`. Before it is committed, reduce its
// colours, so that the package stays small: `pngquant 64 --ext .png --force docs/images/dashboard.png`.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../dev/dist/postgres/embedded-postgres.js';
import { findChromium, launchChromium } from '../test/support/chromium.mjs';
import { startShowcase } from '../test/support/showcase.mjs';

const path = fileURLToPath(new URL('../docs/images/dashboard.png', import.meta.url));
const DAY = 24 * 60 * 60 * 1000;

const providers = {
  openai: { name: 'OpenAI', keyPrefix: 'sk-', placeholder: 'sk-…' },
  anthropic: { name: 'Anthropic', placeholder: 'sk-ant-…' },
  mistral: { name: 'Mistral AI' },
};

const chromium = await findChromium();
if (chromium === undefined) throw new Error('Chromium was not found. Set CHROME_PATH.');
const dataDir = await mkdtemp(join(tmpdir(), 'byok-image-'));
await chmod(dataDir, 0o711); // Postgres runs as another user if this process is root.
const server = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
const app = await startShowcase({ db: server.url, providers, resolveUser: () => 'alice' });
const browser = await launchChromium(chromium);
try {
  const alice = { userId: 'alice' };
  await app.byok.setKey(alice, 'openai', 'sk-an-example-of-an-api-key-1f9c');
  await app.byok.setKey(alice, 'openai', 'sk-another-example-of-a-key-2e8d', { label: 'work', ttl: 90 * DAY });
  await app.byok.setKey(alice, 'anthropic', 'an-example-of-an-api-key-77aa');
  const page = await browser.newPage({ colorScheme: 'light', viewport: { width: 860, height: 750 } });
  await page.goto(`${app.url}/byok`);
  await page.screenshot({ path });
} finally {
  await browser.close();
  await app.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
}
