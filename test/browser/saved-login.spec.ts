import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Param } from '@nestjs/common';
import { h } from 'preact';
import type { Page } from 'playwright-core';
import { renderToString, scriptUrl, stylesheetUrl } from '../../lib/entries/views.js';
import { RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, KEY, SAME_SITE, startEdge } from '../support/edge-app.js';
import { HAS_PASSWORD_MANAGER, openProfileWith, type SavedLogin } from '../support/saved-login.js';
import { until } from '../support/until.js';
import { FIXTURES } from '../views/fixtures.js';

const LOGIN = { username: 'eve@example.org', password: 'a-password-of-eve' };
/** Named as what a browser takes for a user name or a password. */
const FIELDS = {
  username: { label: 'User name' },
  email: { label: 'E-mail' },
  password: { label: 'Password', type: 'password' },
  url: { label: 'Website', type: 'url' },
} as const;
const PROVIDERS = {
  openai: { name: 'OpenAI' },
  accounts: { name: 'Accounts', fields: FIELDS },
  files: { name: 'Files', keyFormat: 'json', fields: FIELDS },
} as const;

const FORMS = FIXTURES.map(({ name, component, props }) => ({ name, html: renderToString(h(component, props)) }))
  .filter(({ html }) => html.includes('name="api_key"'))
  .map(({ name, html }, i) => ({ name: `${name}, form ${i + 1}`, path: `/forms/${i}`, html }));

const document = (body: string) =>
  `<!doctype html><html lang="en"><head><title>Form</title><link rel="stylesheet" href="${stylesheetUrl()}">` +
  `<script src="${scriptUrl()}" defer></script></head><body>${body}</body></html>`;

@Controller()
class Pages {
  @Get('forms/:at')
  @Header('Content-Type', 'text/html; charset=utf-8')
  form(@Param('at') at: string) {
    return document(FORMS[Number(at)].html);
  }

  @Get('chat')
  @RequireApiKey('accounts')
  chat() {
    return 'chat';
  }

  /** Marked as the library's inputs must not be: `off` alone. */
  @Get('login')
  @Header('Content-Type', 'text/html; charset=utf-8')
  login() {
    return document(
      '<form method="post"><input name="provider" autocomplete="off"><input type="password" name="api_key" autocomplete="off"></form>',
    );
  }
}

const PAGES = [
  { name: 'dashboard', path: '/byok' },
  { name: 'key required', path: '/chat' },
  { name: 'confirmation', path: '/byok/clear', isWithout: true },
  { name: 'error page', path: '/byok/nothing-here', isWithout: true },
  ...FORMS,
];

let app: EdgeApp;
let profile: SavedLogin;

(HAS_PASSWORD_MANAGER ? describe : describe.skip)('A browser with a saved login of the site', () => {
  beforeAll(async () => {
    app = await startEdge({ options: { providers: PROVIDERS, rateLimit: false }, controllers: [Pages] });
    profile = await openProfileWith(LOGIN, app.url);
    const { request } = profile.context;
    await request.post(`${app.url}/sign-in?user=eve`);
    const data = { apiKey: KEY };
    for (const label of ['default', 'work'])
      await request.put(`${app.url}/byok/api/keys/openai`, { data: { ...data, label }, headers: SAME_SITE });
  });
  afterAll(async () => {
    await profile.close();
    await app.close();
  });

  it('fills in a form that is not marked, and one marked with `autocomplete="off"`', async () => {
    const page = await profile.context.newPage();
    await page.goto(`${app.url}/login`);
    await untilBrowserHasFilled(page);
    expect(await filled(page)).toEqual([`provider: ${LOGIN.username}`, `api_key: ${LOGIN.password}`]);
    await page.close();
  });

  it.each([true, false])('fills in no input of ours, on load or on click (JavaScript: %s)', async (isScripted) => {
    const page = await profile.context.newPage();
    if (!isScripted) {
      const devTools = await profile.context.newCDPSession(page);
      await devTools.send('Emulation.setScriptExecutionDisabled', { value: true });
    }
    const found: Record<string, unknown> = {};
    let clicks = 0;
    for (const { name, path, isWithout } of PAGES as { name: string; path: string; isWithout?: boolean }[]) {
      await page.goto(app.url + path);
      await untilBrowserHasFilled(page);
      const onLoad = await filled(page);
      const clicked = await clickEverything(page);
      if (!isWithout && clicked === 0) throw new Error(`There is no input in: ${name}`);
      clicks += clicked;
      await untilBrowserHasFilled(page);
      found[name] = { onLoad, onClick: await filled(page) };
    }
    await page.close();
    const nothing = { onLoad: [], onClick: [] };
    expect(FORMS.length).toBeGreaterThan(4);
    expect(clicks).toBeGreaterThan(30);
    expect(found).toEqual(Object.fromEntries(PAGES.map(({ name }) => [name, nothing])));
  });
});

/** Puts a plain login form at the end of the page, and waits until the browser has filled it in. */
async function untilBrowserHasFilled(page: Page): Promise<void> {
  await page.evaluate(() => {
    globalThis.document.querySelector('#control')?.remove();
    globalThis.document.body.insertAdjacentHTML(
      'beforeend',
      '<form id="control" method="post"><input name="user"><input type="password" name="word"></form>',
    );
  });
  await until(() =>
    page.evaluate(() => {
      const inputs = [...globalThis.document.querySelectorAll<HTMLInputElement>('#control input')];
      return inputs.length === 2 && inputs.every((input) => input.matches(':autofill') && input.value !== '');
    }),
  );
}

/** The inputs that have a value, or are shown as if they had; those of the control aside. */
function filled(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...globalThis.document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')]
      .filter((input) => !input.closest('#control') && !/^(hidden|radio|checkbox)$/.test(input.type))
      .filter((input) => input.value !== input.defaultValue || input.matches(':autofill'))
      .map(({ name, value }) => `${name}: ${value}`),
  );
}

/** Unfolds everything, chooses each provider, clicks into each input and shows it; how many inputs there were. */
async function clickEverything(page: Page): Promise<number> {
  await page.evaluate(() => {
    for (const details of globalThis.document.querySelectorAll('details')) details.open = true;
  });
  const clicked = new Set<string>();
  const clickShown = async (): Promise<void> => {
    const kinds = 'input:not([type=hidden], [type=radio], [type=checkbox]), textarea';
    const inputs = page.locator('form:not(#control)').locator(kinds);
    for (const input of await inputs.filter({ visible: true }).all()) {
      const id = (await input.getAttribute('id')) ?? '';
      if (clicked.has(id) || (await input.isDisabled())) continue;
      await input.click();
      clicked.add(id);
      const reveal = input.locator('xpath=following-sibling::button[contains(@class, "byok-reveal")]');
      if ((await reveal.count()) > 0) await reveal.click();
    }
  };
  await clickShown();
  for (const radio of await page.locator('.byok-choice-radio').all()) {
    await radio.evaluate((element) => (element as HTMLInputElement).click());
    await clickShown();
  }
  return clicked.size;
}
