import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { byokAssets, KeyInputForm, renderToString } from '../../lib/entries/views.js';
import {
  axeViolations,
  CHROMIUM,
  launchBrowser,
  type Listened,
  newVisitor,
  overflows,
  QUIET,
} from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Showcase, startShowcase } from '../support/showcase.mjs';

const KEY = 'sk-an-example-of-an-api-key-1f9c';
const WIDTHS = [320, 768, 1280];
const FITS = { 320: 0, 768: 0, 1280: 0 };

let browser: Browser;
let showcase: Showcase;
let visitor: Listened;
let page: Page;

(CHROMIUM ? describe : describe.skip)('In a browser', () => {
  beforeAll(async () => {
    [browser, showcase] = await Promise.all([launchBrowser(), startShowcase()]);
  });
  afterAll(() => Promise.all([browser.close(), showcase.close()]));

  async function visit(options: BrowserContextOptions = {}): Promise<void> {
    visitor = await newVisitor(browser, { locale: 'en', ...options });
    page = await visitor.context.newPage();
  }
  beforeEach(() => visit());
  /** Whatever a test did, the page had nothing to complain of. */
  afterEach(async () => {
    await visitor.context.close();
    expect(visitor.complaints).toEqual(QUIET);
  });
  async function visitAs(options: BrowserContextOptions): Promise<void> {
    await visitor.context.close();
    await visit(options);
  }

  const card = (name: string): Locator =>
    page.locator('.byok-row').filter({ has: page.locator('strong').getByText(name, { exact: true }) });
  const keyInput = (name: string, within: Locator | Page = page.locator('.byok-choices')): Locator =>
    within.getByLabel(`${name} API key`, { exact: true }).filter({ visible: true }).first();
  const choose = (name: string): Promise<void> =>
    page.locator('.byok-choices').getByText(name, { exact: true }).click();
  const save = async (name: string, apiKey: string, within?: Locator): Promise<void> => {
    if (!within) await choose(name);
    await keyInput(name, within).fill(apiKey);
    await keyInput(name, within).press('Enter');
  };

  // By mouse with JavaScript, by keyboard without.
  it.each([true, false])('the form follows the chosen provider (JavaScript: %s)', async (javaScriptEnabled) => {
    await visitAs({ javaScriptEnabled });
    await page.goto(`${showcase.url}/byok`);
    const form = page.locator('.byok-choices form').filter({ visible: true });
    const go = async (name: string): Promise<void> => {
      const choices = page.locator('.byok-choices');
      if (javaScriptEnabled) return choose(name);
      const chosen = choices.locator('[type=radio]:checked');
      if ((await chosen.count()) === 0) {
        await choices.getByRole('radio').first().focus();
        await page.keyboard.press('Space');
      }
      await chosen.focus();
      const id = await choices.getByText(name, { exact: true }).locator('..').getAttribute('for');
      for (let stop = 0; (await chosen.getAttribute('id')) !== id; stop++) {
        if (stop > 3) throw new Error(`${name} is not reached by the arrow keys.`);
        await page.keyboard.press('ArrowRight');
      }
    };
    const look = async () => ({
      placeholder: await form.locator('input[type=password]').getAttribute('placeholder'),
      link: await form.getByRole('link').count(),
      labels: await form.locator('label').allInnerTexts(),
    });
    expect(await form.count()).toBe(0);
    await go('OpenAI');
    expect(await look()).toEqual({ placeholder: 'sk-…', link: 1, labels: ['OpenAI API key', 'Label (optional)'] });
    await go('Vectors');
    expect(await look()).toEqual({
      placeholder: 'v1.…',
      link: 0,
      labels: ['Vectors API key', 'Region', 'organisation (optional)', 'Label (optional)'],
    });
    await go('Another provider');
    expect((await look()).labels).toEqual(['Name of the provider', 'Another provider API key', 'Label (optional)']);
    await go('Vectors');
    await form.getByLabel('Region').fill('eu-central-1');
    await save('Vectors', 'v1.an-example-of-an-api-key-77aa', form);
    await card('Vectors').locator('code').getByText('…77aa').waitFor();
    expect(await card('Vectors').locator('dd').last().textContent()).toBe('region');
    await go('Another provider');
    await form.getByLabel('Name of the provider').fill('mistral');
    await save('Another provider', 'an-example-of-an-api-key-3c3c', form);
    await card('Mistral AI').locator('code').getByText('…3c3c').waitFor();
  });

  it('says while a key is typed whether it has its format', async () => {
    await page.goto(`${showcase.url}/own`);
    const input = keyInput('OpenAI', page);
    const said = page.getByRole('status').filter({ hasText: /./ });
    await input.pressSequentially('x');
    expect(await said.innerText()).toBe(
      'It does not begin with sk-, as keys for OpenAI usually do. Check it if it is not accepted.',
    );
    // It may be right nevertheless.
    expect(await input.getAttribute('aria-invalid')).toBe(null);
    expect(await input.getAttribute('aria-describedby')).toContain(
      await page.locator('[role=status]').getAttribute('id'),
    );
    await input.fill('');
    await input.pressSequentially('sk-an-ex');
    // Not yet whole, so neither good nor bad.
    expect([await said.count(), await input.getAttribute('aria-invalid')]).toEqual([0, null]);
    await input.pressSequentially('ample-of-a-key');
    expect(await said.innerText()).toBe('This looks like a key for OpenAI.');
    await input.fill('sk-UPPER-CASE-IS-NOT-ONE');
    await input.blur();
    expect(await said.innerText()).toBe('This does not look like a key for OpenAI.');
  });

  it('shows what is typed, until it is sent', async () => {
    await page.goto(`${showcase.url}/byok`);
    await choose('OpenAI');
    const input = keyInput('OpenAI');
    await input.fill(KEY);
    await page.locator('.byok-choices').getByRole('button', { name: 'Show: OpenAI API key' }).click();
    expect(await input.getAttribute('type')).toBe('text');
    expect(await input.evaluate((element) => element === document.activeElement)).toBe(true);
    let sent = (_type: unknown): void => undefined;
    const typeWhenSent = new Promise((resolve) => (sent = resolve));
    await page.route('**/byok/keys', async (route) => {
      sent(await input.getAttribute('type'));
      await route.continue();
    });
    await input.press('Enter');
    expect(await typeWhenSent).toBe('password');
    await card('OpenAI').locator('code').getByText('…1f9c').waitFor();
    expect(await page.content()).not.toContain(KEY);
  });

  it('gives managers of passwords no reason to fill in or keep a key', async () => {
    await page.goto(`${showcase.url}/byok`);
    await save('OpenAI', KEY);
    await card('OpenAI').locator('code').getByText('…1f9c').waitFor();
    const inputs = await page.locator('input:not([type=hidden], [type=radio], noscript *)').evaluateAll((all) =>
      all.map((input) => ({
        marks: ['autocomplete', 'data-1p-ignore', 'data-bwignore', 'data-lpignore', 'data-form-type'].map((name) =>
          input.getAttribute(name),
        ),
        type: (input as HTMLInputElement).type,
        // Names by which a form to sign in is recognised.
        isLogin: /user|mail|login|passw/i.test(`${input.id} ${(input as HTMLInputElement).name}`),
      })),
    );
    expect(inputs.filter(({ type }) => type === 'password').length).toBeGreaterThan(4);
    expect(inputs.length).toBeGreaterThan(12);
    for (const { type, marks, isLogin } of inputs) {
      const autocomplete = type === 'password' ? 'new-password' : 'off';
      expect([...marks, isLogin]).toEqual([autocomplete, '', '', 'true', 'other', false]);
    }
  });

  it('toasts go by themselves, but not from under the pointer or the focus', async () => {
    await page.clock.install({ time: 0 });
    await page.clock.pauseAt(1_000);
    await page.goto(`${showcase.url}/toasts`);
    const toasts = page.locator('.byok-alert');
    await page.getByText('One').hover();
    await toasts.filter({ hasText: 'Two' }).getByRole('button', { name: 'Dismiss' }).focus();
    await page.clock.runFor(900);
    expect(await toasts.count()).toBe(3);
    await page.clock.runFor(200);
    expect(await toasts.allInnerTexts()).toEqual(['One', 'Two']);
    await page.clock.runFor(10_000);
    expect(await toasts.count()).toBe(2);
    await page.mouse.move(0, 0);
    await page.keyboard.press('Tab');
    await page.clock.runFor(900);
    expect(await toasts.count()).toBe(2);
    await page.clock.runFor(200);
    expect(await toasts.count()).toBe(0);
  });

  it('a form is answered in place: nothing else that was typed or unfolded is lost, nor is the focus', async () => {
    await page.goto(`${showcase.url}/byok`);
    await page.evaluate(() => (document.title = 'The same page'));
    await save('OpenAI', KEY);
    await card('OpenAI').locator('code').getByText('…1f9c').waitFor();
    // What was saved is closed.
    expect(await page.locator('.byok-choices form').filter({ visible: true }).count()).toBe(0);
    await choose('Vectors');
    await keyInput('Vectors').fill('v1.half-a-key');
    const focused = () => page.evaluate(() => document.activeElement?.closest('.byok-card')?.textContent ?? '');
    expect(await focused()).toMatch(/^Add a key/);
    // Refused: the form is still open, with the focus where the key is typed again.
    await card('OpenAI').getByText('Manage', { exact: true }).click();
    await card('OpenAI').getByText('Replace', { exact: true }).click();
    const replaced = keyInput('OpenAI', card('OpenAI'));
    // The caret is there.
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'api_key');
    await replaced.fill('sk-NOT-OF-ITS-PATTERN-0000');
    // At the press the format is judged; what is said of it must not move the button from under the pointer.
    await card('OpenAI').getByRole('button', { name: 'Save key for OpenAI' }).first().click();
    await card('OpenAI').getByRole('alert').waitFor();
    expect(await replaced.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await replaced.inputValue()).toBe('');
    expect(await keyInput('Vectors').inputValue()).toBe('v1.half-a-key');
    expect(await page.locator('.byok-choices').getByLabel('Region').isVisible()).toBe(true);
    expect(await page.title()).toBe('The same page');
  });

  it('whoever adds a key far below the notices sees what was done, and has not to fill in everything again', async () => {
    await page.setViewportSize({ width: 800, height: 300 });
    await page.goto(`${showcase.url}/byok`);
    const choices = page.locator('.byok-choices');
    const form = choices.locator('form').filter({ visible: true });
    await choices.getByText('Vectors', { exact: true }).click();
    await form.getByLabel('organisation').fill('v1.half a key');
    await form.getByLabel('Region').fill('eu-central-1');
    await save('Vectors', 'v1.half a key', form);
    const why = form.getByText('A key is one line without spaces. Paste only the key.');
    await why.waitFor();
    const input = keyInput('Vectors', form);
    expect(await input.getAttribute('aria-describedby')).toContain(await why.locator('..').getAttribute('id'));
    expect(await input.evaluate((element) => element === document.activeElement)).toBe(true);
    // But nothing that has the key in it.
    expect(
      await form
        .locator('input:not([type=hidden])')
        .evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value)),
    ).toEqual(['', 'eu-central-1', '', '']);
    await save('Vectors', 'v1.an-example-of-an-api-key-77aa', form);
    const toast = page.locator('.byok-toasts').getByText('The key for Vectors was saved (…77aa).');
    await toast.waitFor();
    // It stays under the pointer, however long what follows takes.
    await toast.hover();
    const { y, height } = (await toast.boundingBox())!;
    expect(y).toBeGreaterThan(0);
    expect(y + height).toBeLessThan(300);
    expect(await page.locator('.byok-toasts [role]').count()).toBe(0);
    expect(await axeViolations(page)).toEqual([]);
    await page.locator('.byok-toasts').getByRole('button', { name: 'Dismiss' }).click();
    await toast.waitFor({ state: 'detached' });
  });

  it("the application's own page is led back to, and says why a key was refused", async () => {
    await page.goto(`${showcase.url}/own`);
    await save('OpenAI', 'sk-NOT-OF-ITS-PATTERN-0000', page.locator('form'));
    await page.getByRole('alert').filter({ visible: true }).first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/own');
    await save('OpenAI', KEY, page.locator('form'));
    await page.getByText('The key for OpenAI was saved (…1f9c). Never expires.').waitFor();
    expect(new URL(page.url()).pathname).toBe('/own');
  });

  it('on paper there is nothing of a key', async () => {
    await page.goto(`${showcase.url}/byok`);
    await save('OpenAI', KEY);
    await card('OpenAI').locator('code').getByText('…1f9c').waitFor();
    await choose('Vectors');
    await keyInput('Vectors').fill('v1.half-a-key');
    // What is read out stands in the page for a while.
    await page.locator('body > .byok-hidden').getByText('…1f9c').waitFor({ state: 'attached' });
    const text = () => page.evaluate(() => document.body.innerText);
    expect(await text()).toContain('…1f9c');
    await page.emulateMedia({ media: 'print' });
    expect(await text()).toMatch(/OpenAI.*Never used.*Active/s);
    expect(await text()).not.toMatch(/1f9c|half-a-key/);
    expect(await page.locator('input, button, summary').filter({ visible: true }).count()).toBe(0);
  });

  it.each(['de-AT', 'fr'])('speaks the language of a browser that wants %s, or English', async (locale) => {
    await visitAs({ locale });
    await page.goto(`${showcase.url}/byok`);
    expect(await page.locator('html').getAttribute('lang')).toBe(locale === 'fr' ? 'en' : locale);
    const title = await page.locator('h1').innerText();
    expect(title).toBe(locale === 'fr' ? 'API keys' : 'API-Schlüssel');
    expect(await overflows(page, WIDTHS)).toEqual(FITS);
  });

  it('keeps its look where a page says otherwise of all buttons and inputs, but has the colours it is given', async () => {
    const css = byokAssets().stylesheet.content.toString();
    const form = renderToString(KeyInputForm({ provider: 'openai' }));
    const look = async (own: string): Promise<string[]> => {
      const styles = `<style>${css}</style><style>${own}</style>`;
      await page.setContent(`<!doctype html><title>Ours</title>${styles}<button id="theirs">Buy</button>${form}`);
      return page.locator('#theirs, .byok-btn, .byok-input').evaluateAll((all) =>
        all.map((element) => {
          const { backgroundColor, color, borderTopWidth, paddingLeft } = getComputedStyle(element);
          return [backgroundColor, color, borderTopWidth, paddingLeft].join(', ');
        }),
      );
    };
    const [, ...ours] = await look('');
    expect(await look('button, input { background: none; color: red; border: 0; padding: 0 }')).toEqual([
      'rgba(0, 0, 0, 0), rgb(255, 0, 0), 0px, 0px',
      ...ours,
    ]);
    const input = (await look(':root { --byok-base-100: #010101; --byok-base-content: #fefefe }'))[1];
    expect(input).toMatch(/^rgb\(1, 1, 1\), rgb\(254, 254, 254\)/);
  });

  describe('with options', () => {
    let other: Showcase | undefined;
    let database: TestDatabase | undefined;
    afterEach(async () => {
      await other?.close();
      await database?.drop();
      other = database = undefined;
    });

    it('is mirrored from right to left', async () => {
      other = await startShowcase({ dashboard: { locale: 'ar' } });
      await page.goto(`${other.url}/byok`);
      await save('OpenAI', KEY);
      await card('OpenAI').locator('code').getByText('…1f9c').waitFor();
      expect(await page.locator('html').getAttribute('dir')).toBe('rtl');
      const boxOf = async (target: Locator) => (await target.boundingBox())!;
      const head = page.locator('.byok-card-head > *');
      await card('OpenAI').getByText('Manage', { exact: true }).click();
      await choose('Vectors');
      expect((await boxOf(head.first())).x).toBeGreaterThan((await boxOf(head.last())).x);
      const [term, value] = [card('OpenAI').locator('dt').first(), card('OpenAI').locator('dd').first()];
      expect((await boxOf(term)).x).toBeGreaterThan((await boxOf(value)).x);
      const [input, reveal] = [
        keyInput('Vectors'),
        page.locator('.byok-panel').getByRole('button', { name: /^Show: Vectors/ }),
      ];
      expect((await boxOf(input)).x).toBeGreaterThan((await boxOf(reveal)).x);
      await input.fill('v1.half-a-key');
      expect(await input.evaluate((element) => getComputedStyle(element).direction)).toBe('ltr');
      expect(await overflows(page, WIDTHS)).toEqual(FITS);
      expect(await axeViolations(page)).toEqual([]);
    });

    it('stands in the layout of the application, and is sent to its sign-in', async () => {
      database = await createDatabase();
      other = await startShowcase({
        db: database.url,
        storage: 'database',
        resolveUser: (request) => /(?:^|; )user=(\w+)/.exec(String(request.headers.cookie))?.[1],
        dashboard: {
          signInUrl: '/sign-in',
          theme: 'dark',
          layout: ({ html, stylesheet, script, title }) => `<!doctype html><html lang="en"><title>${title}</title>
            <link rel="stylesheet" href="${stylesheet}"><script src="${script}" defer></script>
            <body><nav>Ours</nav><main>${html}</main></body></html>`,
        },
      });
      await page.goto(`${other.url}/byok?x=1`);
      expect(page.url()).toBe(`${other.url}/sign-in?return_to=%2Fbyok%3Fx%3D1`);
      await visitor.context.addCookies([{ name: 'user', value: 'alice', url: other.url }]);
      await page.goto(other.url + new URL(page.url()).searchParams.get('return_to'));
      expect(await page.getByRole('navigation').innerText()).toBe('Ours');
      await save('OpenAI', KEY);
      await card('OpenAI').locator('code').getByText('…1f9c').waitFor();
      const background = page
        .locator('.byok-card')
        .first()
        .evaluate((element) => getComputedStyle(element).backgroundColor);
      expect(await background).toBe('rgb(23, 27, 34)');
    });
  });
});
