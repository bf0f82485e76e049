import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { axeViolations, CHROMIUM, launchBrowser, newVisitor, overflows, QUIET } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type ProviderStub, startProviderStub } from '../support/provider-stub.js';
import { type Sample, startSample } from '../support/sample.js';
import { startShowcase } from '../support/showcase.mjs';
import { mouse, Person } from './people.js';

const FITS = { 320: 0, 768: 0, 1280: 0 };
const WIDTHS = [320, 768, 1280];

let browser: Browser;
let database: TestDatabase;
let provider: ProviderStub;
let sample: Sample;

(CHROMIUM ? describe : describe.skip)('In a browser', () => {
  beforeAll(async () => {
    [database, provider, browser] = await Promise.all([createDatabase(), startProviderStub(), launchBrowser()]);
    sample = await startSample({ DATABASE_URL: database.url, TRUST_PROXY: 'loopback', ...provider.env });
  });

  afterAll(async () => {
    await browser.close();
    await sample.end();
    await Promise.all([provider.close(), database.drop()]);
  });

  /** What axe finds in each theme, and how much wider than its window the page is. */
  async function lookAt(page: Page): Promise<unknown> {
    const found: Record<string, unknown> = { widths: await overflows(page, WIDTHS) };
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      found[colorScheme] = await axeViolations(page);
    }
    return found;
  }

  it('every page is accessible in both themes, quiet, and no wider than its window', async () => {
    // Colours change at once, and not while axe looks at them.
    const { context, complaints } = await newVisitor(browser, { reducedMotion: 'reduce', locale: 'en' });
    const page = await context.newPage();
    const person = new Person(page, sample.url, mouse, true);
    const found: Record<string, unknown> = {};
    const look = async (name: string): Promise<void> => {
      found[name] = await lookAt(page);
    };

    await person.open('/');
    await look('home of a visitor');
    await person.signIn('reader');
    await look('home');
    await person.open('/chat');
    await look('key required');
    await person.open('/byok');
    await look('dashboard without keys');
    await person.add('OpenAI', 'an-example-of-an-api-key-1f9c');
    await person.sees('OpenAI', '…1f9c');
    await look('dashboard');
    await person.askToDelete('OpenAI');
    await look('confirmation');
    await page.keyboard.press('Escape');
    await person.open('/chat');
    await look('chat');
    await person.send('Hello');
    await page.getByText('You said: Hello').waitFor();
    await look('reply');
    await person.open('/byok/clear');
    await look('clear');
    await person.open('/byok/nothing-here');
    await look('not found');
    await context.close();

    const good = { widths: FITS, light: [], dark: [] };
    expect(Object.keys(found).length).toBeGreaterThan(9);
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, good])));
    expect(complaints).toEqual(QUIET);
    // axe looks twenty times, and others may be at work.
  });

  it("documents of the module's own are too, in German: with labels, activity and a refusal, and to who is nobody", async () => {
    const own = await createDatabase();
    const showcase = await startShowcase({
      db: own.url,
      storage: 'database',
      audit: true,
      resolveUser: ({ headers }) => /(?:^|; )user=(\w+)/.exec(String(headers.cookie))?.[1],
    });
    const { context, complaints } = await newVisitor(browser, { reducedMotion: 'reduce', locale: 'de' });
    const page = await context.newPage();
    expect((await page.goto(`${showcase.url}/byok`))?.status()).toBe(401);
    const nobody = await lookAt(page);

    await context.addCookies([{ name: 'user', value: 'alice', url: showcase.url }]);
    await page.goto(`${showcase.url}/byok`);
    const stored = await page.evaluate(async (apiKey) => {
      const put = async (label: string) => {
        const init = { method: 'PUT', headers: { 'Content-Type': 'application/json' } };
        const body = JSON.stringify({ apiKey, label });
        return (await fetch('/byok/api/keys/openai', { ...init, body })).status;
      };
      return [await put('default'), await put('work')];
    }, 'sk-an-example-of-an-api-key-1f9c');
    expect(stored).toEqual([200, 200]);
    await page.reload();
    const card = page.locator('.byok-row').filter({ hasText: 'work' });
    await card.locator('.byok-row-actions > summary').click();
    await card.locator('.byok-action > summary').first().click();
    await card.locator('input[type=password]').filter({ visible: true }).fill('sk-NOT-OF-ITS-PATTERN-0000');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').first().waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('de');
    expect(await page.locator('.byok-activity li').count()).toBe(2);
    expect(await card.locator('[aria-invalid=true]').count()).toBe(1);
    const refused = await lookAt(page);
    await context.close();
    await showcase.close();
    await own.drop();

    const good = { widths: FITS, light: [], dark: [] };
    expect({ nobody, refused }).toEqual({ nobody: good, refused: good });
    expect(complaints).toEqual(QUIET);
  });

  it('the form of the chosen provider stands below the choice, however wide', async () => {
    const { context } = await newVisitor(browser, { locale: 'en' });
    const page = await context.newPage();
    await page.goto(`${sample.url}/byok`);
    await page.locator('.byok-choice > label').first().click();
    const choices = page.locator('.byok-choices').first();
    const boxOf = (selector: string) => choices.locator(selector).filter({ visible: true }).last().boundingBox();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      const [button, form, whole] = [
        await boxOf('.byok-choice > label'),
        await boxOf('form'),
        await choices.boundingBox(),
      ];
      expect(form!.y).toBeGreaterThanOrEqual(button!.y + button!.height);
      expect(button!.height).toBeLessThan(60);
      expect(form!.x).toBe(whole!.x);
      expect(form!.width).toBeGreaterThan(Math.min(whole!.width * 0.9, 500));
    }
    await context.close();
  });

  it('the gallery is too, each half on the system that it has to stand against', async () => {
    const { context, complaints } = await newVisitor(browser, { reducedMotion: 'reduce', locale: 'en' });
    const page = await context.newPage();
    await page.goto(`${sample.url}/gallery`);
    expect(await page.locator('.sample-state').count()).toBeGreaterThan(60);
    expect(await overflows(page, WIDTHS)).toEqual(FITS);
    for (const [colorScheme, half] of [
      ['light', 'dark'],
      ['dark', 'light'],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      // Whatever the system has.
      const backgrounds = await page
        .locator('.sample-theme')
        .evaluateAll((halves) => halves.map((one) => getComputedStyle(one).backgroundColor));
      expect(backgrounds).toEqual(['rgb(255, 255, 255)', 'rgb(23, 27, 34)']);
      expect(await axeViolations(page, `[data-theme=${half}]`)).toEqual([]);
    }
    await context.close();
    expect(complaints).toEqual(QUIET);
  });
});
