import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Header, Query, Req } from '@nestjs/common';
import { Alert, KeyInputForm, renderToString } from '../../lib/entries/views.js';
import { type ByokRequest, KeyForms, RequireApiKey } from '../../lib/index.js';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';

@Controller('settings')
class SettingsController {
  constructor(private readonly forms: KeyForms) {}

  @Get()
  @Header('Content-Type', 'text/html')
  async show(@Req() request: ByokRequest, @Query('to') returnTo?: string) {
    const notice = await this.forms.takeNotice(request);
    const form = KeyInputForm({
      provider: 'openai',
      ...(await this.forms.state(request, { returnTo })),
      error: notice?.refusal?.message,
    });
    return (notice ? renderToString(Alert({ message: notice.text })) : '') + renderToString(form);
  }

  @Get('used')
  @RequireApiKey('openai')
  used() {
    return 'used';
  }
}

const hidden = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1];

describe("The application's own page with our form", () => {
  let app: EdgeApp;

  beforeAll(async () => {
    app = await startEdge({
      controllers: [SettingsController],
      options: { rateLimit: false, providers: { openai: { name: 'OpenAI', keyPrefix: 'an', strict: true } } },
    });
  });
  afterAll(() => app.close());

  /** Fills in the form of a page, and follows to where it leads. */
  async function submit(browser: Awaited<ReturnType<EdgeApp['browser']>>, page: string, apiKey: string) {
    const form = { _csrf: hidden(page, '_csrf'), return_to: hidden(page, 'return_to'), api_key: apiKey };
    const answer = await browser.post('/byok/keys/openai').type('form').send(form).expect(303);
    const location = answer.headers['location'];
    return { location, page: (await browser.get(location).set('Accept', 'text/html')).text };
  }

  it('is led back to, saved or refused, and is told once what happened', async () => {
    const browser = await app.browser('alice');
    const first = (await browser.get('/settings?tab=1')).text;
    const refused = await submit(browser, first, 'no-such-prefix-0123456789');
    expect(refused.location).toBe('/settings?tab=1');
    expect(refused.page).toMatch(/A key for OpenAI begins with an\..*<input[^>]*aria-invalid="true".*begins with an\./);
    expect(refused.page).not.toContain('no-such-prefix');
    expect((await browser.get('/settings')).text).not.toContain('begins with');
    const saved = await submit(browser, refused.page, KEY);
    expect(saved.location).toBe('/settings?tab=1');
    expect(saved.page).toContain('The key for OpenAI was saved (…1f9c). Never expires.');
    expect((await browser.get('/settings/used')).text).toBe('used');
  });

  it('leads nowhere but this site', async () => {
    const browser = await app.browser('bob');
    for (const to of ['https://elsewhere.example', '//elsewhere.example', 'javascript:alert(1)']) {
      const { text } = await browser.get('/settings').query({ to });
      expect(hidden(text, 'return_to')).toBeUndefined();
      // Nor where somebody puts it there by hand.
      const form = { _csrf: hidden(text, '_csrf'), return_to: to, api_key: 'no-such-prefix-0123456789' };
      const answer = await browser.post('/byok/keys/openai').type('form').send(form).expect(303);
      expect(answer.headers['location']).toBe('/byok');
    }
  });

  it('that does not tell of a refusal leaves that to the dashboard, and of what was done it is nobody else’s to tell', async () => {
    const browser = await app.browser('carol');
    const page = (await browser.get('/settings?to=/elsewhere')).text;
    await submit(browser, page, 'no-such-prefix-0123456789');
    expect((await browser.get('/byok').set('Accept', 'text/html')).text).toContain('begins with an.');
    await submit(browser, page, KEY);
    expect((await browser.get('/byok').set('Accept', 'text/html')).text).not.toContain('was saved');
  });

  it('of a guard says beside its form why the key was refused, and still leads back', async () => {
    const browser = await app.browser('dave');
    const asked = await browser.get('/settings/used?x=1').set('Accept', 'text/html').expect(403);
    const refused = await submit(browser, asked.text, 'no-such-prefix-0123456789');
    expect(refused.location).toBe('/settings/used?x=1');
    expect(refused.page).toMatch(/API key required.*aria-invalid="true".*A key for OpenAI begins with an\./s);
    expect((await submit(browser, refused.page, KEY)).page).toBe('used');
  });
});
