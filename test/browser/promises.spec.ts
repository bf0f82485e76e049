import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { axeViolations, CHROMIUM, launchBrowser, newVisitor, overflows, QUIET } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Showcase, startShowcase } from '../support/showcase.mjs';

const DAY = 24 * 60 * 60 * 1000;
const PEM = '-----BEGIN EXAMPLE-----\nan example of a key\n-----END EXAMPLE-----\n';
const named = Array.from({ length: 26 }, (_, i) => [`provider-${i}`, { name: `Provider ${i}` }]);
const PROVIDERS = { ...Object.fromEntries(named), files: { name: 'Files', keyFormat: 'text' } };

let browser: Browser;
let database: TestDatabase;
let showcase: Showcase;

(CHROMIUM ? describe : describe.skip)('With 27 providers', () => {
  beforeAll(async () => {
    [browser, database] = await Promise.all([launchBrowser(), createDatabase()]);
    showcase = await startShowcase({
      db: database.url,
      providers: PROVIDERS,
      audit: true,
      resolveUser: ({ headers }) => /(?:^|; )user=(\w+)/.exec(String(headers.cookie))?.[1],
    });
    const alice = { userId: 'alice' };
    for (let i = 0; i < 5; i++) {
      const expiresAt = i === 0 ? new Date(Date.now() + 2 * DAY) : null;
      await showcase.byok.setKey(alice, `provider-${i % 3}`, `an-example-of-an-api-key-000${i}`, {
        label: i < 3 ? 'default' : 'work',
        expiresAt,
      });
    }
  });
  afterAll(async () => {
    await browser.close();
    await showcase.close();
    await database.drop();
  });

  async function as(user: string, options: object, act: (page: Page) => Promise<void>): Promise<void> {
    const { context, complaints } = await newVisitor(browser, { locale: 'en', reducedMotion: 'reduce', ...options });
    await context.addCookies([{ name: 'user', value: user, url: showcase.url }]);
    const page = await context.newPage();
    await page.goto(`${showcase.url}/byok`);
    await act(page);
    await context.close();
    expect(complaints).toEqual(QUIET);
  }

  it('5 keys take at most one and a half screens, fit 320 pixels, and are accessible', () =>
    as('alice', { viewport: { width: 1280, height: 800 } }, async (page) => {
      expect(await page.locator('.byok-row').count()).toBe(5);
      expect(await page.locator('.byok-choice').count()).toBe(28);
      expect(await page.evaluate(() => document.documentElement.scrollHeight)).toBeLessThanOrEqual(1200);
      expect(await overflows(page, [320, 1280])).toEqual({ 320: 0, 1280: 0 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeViolations(page)).toEqual([]);
      }
    }));

  it.each([1280, 320])('two interactions lead to a key input that has the caret (%s pixels)', (width) =>
    as('alice', { viewport: { width, height: 800 } }, async (page) => {
      const caret = (id: string) => page.waitForFunction((end) => document.activeElement?.id.endsWith(end), id);
      await page.getByText('Provider 7', { exact: true }).click();
      await caret('provider-7---key');
      await page.reload();
      await page.locator('.byok-row-actions > summary').last().click();
      await page.locator('.byok-row-actions[open] .byok-action > summary').first().click();
      await caret('---key');
      await page.reload();
      // By the keyboard: what is found, then Enter.
      await page.getByRole('searchbox').fill('file');
      expect(await page.locator('.byok-choice > label').filter({ visible: true }).allInnerTexts()).toEqual(
        ['Files', 'Another provider'].map((name) => expect.stringContaining(name)),
      );
      await page.keyboard.press('Enter');
      await caret('files---key');
    }),
  );

  it('the first interaction opens the form without JavaScript too', () =>
    as('alice', { javaScriptEnabled: false }, async (page) => {
      expect(await page.getByRole('searchbox').count()).toBe(0);
      await page.getByText('Provider 7', { exact: true }).click();
      await page.getByLabel('Provider 7 API key').click();
      expect(await page.locator(':focus').getAttribute('name')).toBe('api_key');
    }));

  it.each([true, false])('a key of several lines is stored as it was pasted (JavaScript: %s)', (javaScriptEnabled) =>
    as(`bob${javaScriptEnabled}`, { javaScriptEnabled }, async (page) => {
      await page.getByText('Files', { exact: true }).click();
      await page.getByLabel('Files API key').fill(PEM);
      await page.getByRole('button', { name: 'Save key for Files' }).click();
      await page.getByText('The key for Files was saved').first().waitFor();
      expect(await showcase.byok.getKey({ userId: `bob${javaScriptEnabled}` }, 'files')).toBe(PEM);
      expect(await page.content()).not.toContain('an example of a key');
    }),
  );
});
