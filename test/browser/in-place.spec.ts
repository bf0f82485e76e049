import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { CHROMIUM, launchBrowser, type Listened, newVisitor, QUIET } from '../support/browser.js';
import { type Showcase, startShowcase } from '../support/showcase.mjs';

const KEY = 'sk-an-example-of-an-api-key-1f9c';

let browser: Browser;
let showcase: Showcase;
let visitor: Listened;
let page: Page;
let sent: string[];

(CHROMIUM ? describe : describe.skip)('In a browser, a form', () => {
  beforeAll(async () => {
    [browser, showcase] = await Promise.all([launchBrowser(), startShowcase()]);
    visitor = await newVisitor(browser, { locale: 'en' });
    page = await visitor.context.newPage();
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(new URL(request.url()).pathname);
    });
  });
  afterAll(() => Promise.all([browser.close(), showcase.close()]));

  beforeEach(async () => {
    sent = [];
    await page.goto(`${showcase.url}/byok`);
    const stored = await page.evaluate(async (apiKey) => {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ apiKey });
      return (await fetch('/byok/api/keys/openai', { method: 'PUT', headers, body })).status;
    }, KEY);
    expect(stored).toBe(200);
  });
  afterEach(() => expect(visitor.complaints).toEqual(QUIET));

  const card = (): Locator =>
    page.locator('.byok-row').filter({ has: page.locator('strong').getByText('OpenAI', { exact: true }) });
  const DELETE = '/byok/keys/openai/delete';
  async function deleteKey(): Promise<void> {
    await card().getByText('Manage', { exact: true }).click();
    await card().getByText('Delete', { exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the key for OpenAI' }).click();
  }
  /** What the server answered is told, and was asked for once. */
  async function told(text: string): Promise<void> {
    await page.getByText(text).filter({ visible: true }).first().waitFor();
    expect(sent).toEqual([DELETE]);
  }

  it.each([
    ['nowhere, so to the dashboard', '/team?id=team-keys', '/byok'],
    ['nowhere, from a region with the name of one there', '/team', '/byok'],
    ['another page', '/team?id=team-keys&to=/done', '/done'],
  ])('that leads %s is sent once, and what it did is told there', async (_where, from, to) => {
    await page.goto(showcase.url + from);
    await deleteKey();
    await told('The key for OpenAI was deleted.');
    expect(new URL(page.url()).pathname).toBe(to);
    expect(await page.getByText('Keys of the team').count()).toBe(0);
  });

  it('that leads back to its page is answered there, with its texts', async () => {
    const from = '/team?id=team-keys&to=';
    await page.goto(`${showcase.url}${from}${encodeURIComponent('/team?id=team-keys')}`);
    // As the page would be that has itself as its return_to.
    await page.evaluate(() => history.replaceState(null, '', '/team?id=team-keys'));
    await page.evaluate(() => (document.title = 'The same page'));
    await deleteKey();
    await told('Save your own key for a service');
    expect(await page.title()).toBe('The same page');
    await page.getByText('Keys of the team').waitFor();
  });

  it('whose answer has not its region is not sent again: the page is shown that the answer led to', async () => {
    await page.reload();
    await page.locator('[data-byok-region=byok-keys]').evaluate((region: HTMLElement) => {
      region.dataset.byokRegion = 'elsewhere';
    });
    await deleteKey();
    await page.locator('[data-byok-region=byok-keys]').waitFor();
    await page.getByText('Save your own key for a service').waitFor();
    expect(sent).toEqual([DELETE]);
  });

  it('that is refused with an error is not sent again: the error is shown', async () => {
    await page.reload();
    await page.locator('input[name=_csrf]').evaluateAll((all) => all.forEach((input) => input.remove()));
    await deleteKey();
    await page.getByRole('heading', { level: 1, name: 'Refused' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await told('its form is out of date');
    expect(await page.title()).toBe('Refused');
    expect(visitor.complaints.console.splice(0)).toEqual([expect.stringContaining('403')]);
    await page.getByRole('link').click();
    await card().locator('code').getByText('…1f9c').waitFor();
  });

  it('that got no answer is left to the browser', async () => {
    await page.reload();
    await page.route(`**${DELETE}`, (route) => route.abort(), { times: 1 });
    await deleteKey();
    await page.getByText('The key for OpenAI was deleted.').waitFor();
    expect(sent).toEqual([DELETE, DELETE]);
    expect(visitor.complaints.console.splice(0)).toEqual([expect.stringContaining('ERR_FAILED')]);
  });

  it('that is moved within the page is not enhanced twice, nor is a copy of it', async () => {
    await page.goto(`${showcase.url}/own`);
    const parts = (): Promise<number[]> =>
      Promise.all(['form', 'form [role=status]', '.byok-reveal'].map((part) => page.locator(part).count()));
    expect(await parts()).toEqual([1, 1, 1]);
    const input = page.getByLabel('OpenAI API key', { exact: true });
    const described = await input.getAttribute('aria-describedby');
    await page.evaluate(() => document.querySelector('main')!.prepend(document.querySelector('form')!));
    expect(await parts()).toEqual([1, 1, 1]);
    await page.evaluate(() => {
      const form = document.querySelector('form')!;
      form.replaceWith(form.cloneNode(true));
    });
    await page.getByRole('button', { name: /^Show/ }).click();
    expect(await input.getAttribute('type')).toBe('text');
    await input.fill('sk-UPPER-CASE-IS-NOT-ONE');
    await input.blur();
    expect(await page.getByRole('status').allInnerTexts()).toEqual(['This does not look like a key for OpenAI.']);
    expect([await parts(), await input.getAttribute('aria-describedby')]).toEqual([[1, 1, 1], described]);
  });
});
