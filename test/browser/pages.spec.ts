import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { axeViolations, CHROMIUM, launchBrowser, newVisitor, overflows, QUIET } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { startProviderStub, type ProviderStub } from '../support/provider-stub.js';
import { startSample, type Sample } from '../support/sample.js';
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

  const SCHEMES = ['light', 'dark'] as const;

  it.each(SCHEMES)('every page is accessible, quiet and no wider than its window, %s', async (colorScheme) => {
    const { context, complaints } = await newVisitor(browser, { colorScheme, locale: 'en' });
    const page = await context.newPage();
    const person = new Person(page, sample.url, mouse, true);
    const found: Record<string, unknown> = {};
    const look = async (name: string): Promise<void> => {
      found[name] = [await axeViolations(page), await overflows(page, WIDTHS)];
    };

    await person.open('/');
    await look('home of a visitor');
    await person.signIn(`reader ${colorScheme}`);
    await look('home');
    await person.open('/chat');
    await look('key required');
    await person.open('/byok');
    await look('dashboard without keys');
    await person.save('OpenAI', 'an-example-of-an-api-key-1f9c');
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

    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, [[], FITS]])));
    expect(complaints).toEqual(QUIET);
  });

  it.each(WIDTHS)('the form of the chosen provider stands below the choice, %i wide', async (width) => {
    const { context } = await newVisitor(browser, { viewport: { width, height: 800 }, locale: 'en' });
    const page = await context.newPage();
    await page.goto(`${sample.url}/byok`);
    const choices = page.locator('.byok-choices').first();
    const boxOf = (selector: string) => choices.locator(selector).filter({ visible: true }).last().boundingBox();
    const [button, form, whole] = [
      await boxOf('.byok-choice > .byok-btn'),
      await boxOf('form'),
      await choices.boundingBox(),
    ];
    expect(form!.y).toBeGreaterThanOrEqual(button!.y + button!.height);
    expect(button!.height).toBeLessThan(60);
    expect(form!.width).toBeGreaterThan(whole!.width * 0.9);
    await context.close();
  });

  // Each half on the system that it has to stand against.
  it.each([
    ['light', 'dark'],
    ['dark', 'light'],
  ] as const)('the gallery is too: on a system in %s, its %s half', async (colorScheme, half) => {
    const { context, complaints } = await newVisitor(browser, { colorScheme, locale: 'en' });
    const page = await context.newPage();
    await page.goto(`${sample.url}/gallery`);
    // Whatever the system has.
    const backgrounds = await page
      .locator('.sample-theme')
      .evaluateAll((halves) => halves.map((half) => getComputedStyle(half).backgroundColor));
    expect(backgrounds).toEqual(['rgb(255, 255, 255)', 'rgb(23, 27, 34)']);
    expect(await page.locator('.sample-state').count()).toBeGreaterThan(60);
    expect(await axeViolations(page, `[data-theme=${half}]`)).toEqual([]);
    expect(await overflows(page, WIDTHS)).toEqual(FITS);
    await context.close();
    expect(complaints).toEqual(QUIET);
  });
});
