import { afterEach, beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { of } from 'rxjs';
import type { Agent } from 'supertest';
import { byokAssets, messages } from '../../lib/entries/views.js';
import { type DashboardOptions, type Messages } from '../../lib/index.js';
import { type EdgeApp, KEY, SECURITY_HEADERS, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const OTHER_KEY = 'another-example-of-a-key-2e8d';
const PROVIDERS = {
  openai: { name: 'OpenAI', keyPrefix: 'an', keyPattern: /^an[\w-]+$/ },
  azure: { name: 'Azure', fields: { endpoint: { type: 'url', label: 'Endpoint' } } },
} as const;

describe.each(PLATFORMS)('The pages on %s', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());
  afterEach(() => app.close());

  const start = async (dashboard: DashboardOptions = {}, more: object = {}): Promise<EdgeApp> =>
    (app = await startEdge({
      platform,
      options: { db: database.url, providers: PROVIDERS, dashboard, rateLimit: false, ...more },
    }));

  const page = async (browser: Agent, path = '/byok', headers = {}): Promise<string> =>
    (await browser.get(path).set('Accept', 'text/html').set(headers).expect(200)).text;

  const tokenOf = (html: string): string => /name="_csrf" value="([^"]+)"/.exec(html)![1];

  /** Sends a form as the page has it, and follows to the page it leads to. */
  async function submit(browser: Agent, path: string, fields: object): Promise<{ location: string; html: string }> {
    const token = tokenOf(await page(browser));
    const answer = await browser
      .post(`/byok${path}`)
      .type('form')
      .send({ _csrf: token, ...fields })
      .expect(303);
    expect(answer.headers).toMatchObject(SECURITY_HEADERS);
    return { location: answer.headers['location'], html: await page(browser, answer.headers['location']) };
  }

  const textOf = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

  it('show, save, replace, refuse and delete keys, and never one of them', async () => {
    await start();
    const browser = await app.browser('alice');
    const empty = await page(browser);
    expect(textOf(empty)).toMatch(
      /API keys Save your own key for a service.*Add a key .*OpenAI .*Azure .*Endpoint.*Another provider/,
    );
    expect(textOf(empty)).not.toMatch(/Your keys|Security|stored\b.*keys stored/);
    expect(empty).not.toContain('/byok/clear');
    expect(await page(browser, '/byok/?x=1')).toBe(empty);
    await browser.head('/byok/').expect(200);

    const saved = await submit(browser, '/keys/openai', { api_key: KEY });
    expect(textOf(saved.html)).toContain('The key for OpenAI was saved (…1f9c). Never expires.');
    expect(textOf(saved.html)).toMatch(
      /Your keys .*1 key stored.* OpenAI .*Add a key.*Security.*Encrypted in the database/,
    );
    // Once.
    expect(textOf(await page(browser))).not.toContain('was saved');

    const refused = await submit(browser, '/keys/openai', { api_key: 'no-such-prefix-0123456789' });
    expect(textOf(refused.html)).toMatch(
      /This does not look like a key for OpenAI.*This does not look like a key for OpenAI/,
    );
    expect(refused.html).toMatch(/<details id="[^"]*openai[^"]*-replace" class="byok-action" open/);
    expect(refused.html).not.toContain('no-such-prefix');
    expect(await app.byok.getKey({ userId: 'alice' }, 'openai')).toBe(KEY);

    const odd = await submit(browser, '/keys/openai', { api_key: 'an.example.of.an.odd.key' });
    expect(textOf(odd.html)).toContain('This does not look like a key for OpenAI.');

    const replaced = await submit(browser, '/keys/openai', { api_key: OTHER_KEY });
    expect(textOf(replaced.html)).toContain('The key for OpenAI was replaced (…2e8d).');
    const labelled = await submit(browser, '/keys', { provider: 'openai', label: 'work', api_key: KEY });
    expect(textOf(labelled.html)).toContain('The key for OpenAI (work) was saved (…1f9c).');
    const other = await submit(browser, '/keys', { provider: 'mistral', api_key: KEY });
    expect(textOf(other.html)).toMatch(/3 keys stored.*Mistral/);
    const deleted = await submit(browser, '/keys/openai/delete', { label: 'work' });
    expect(textOf(deleted.html)).toContain('The key for OpenAI (work) was deleted.');
    expect(textOf((await submit(browser, '/keys/openai/delete', { label: 'work' })).html)).toContain(
      'There was no key for OpenAI.',
    );

    const confirm = await page(browser, '/byok/clear');
    expect(textOf(confirm)).toContain('Delete all 2 keys? This cannot be undone.');
    const cleared = await submit(browser, '/keys/clear', {});
    expect(textOf(cleared.html)).toContain('2 keys were deleted.');
    expect(await app.byok.listKeys({ userId: 'alice' })).toEqual([]);
    for (const html of [empty, saved.html, refused.html, replaced.html, labelled.html, confirm, cleared.html]) {
      expect(html).not.toContain(KEY.slice(0, -4));
      expect(html).not.toContain(OTHER_KEY.slice(0, -4));
      expect(html).not.toMatch(/ style=| on[a-z]+=|<script>/i);
    }
  });

  it('add a key, and never in the place of another', async () => {
    await start({}, { maxKeysPerUser: 3 });
    const browser = await app.browser('hugo');
    const formOf = (html: string, of: RegExp): string => html.split('<form').find((form) => of.test(form)) ?? '';
    const keys = async () => {
      const [plain, work] = [undefined, 'work'].map((label) =>
        app.byok.getKey({ userId: 'hugo' }, 'openai', { label }),
      );
      return [await plain, await work];
    };
    const { html } = await submit(browser, '/keys/openai', { api_key: KEY });
    const choose = formOf(html, /name="provider" value="openai"/);
    expect(choose).toContain('name="mode" value="add"');
    expect(choose).not.toMatch(/name="label"[^>]* required/);
    const replace = formOf(html, /id="byok-stored--openai---key"/);
    expect(replace).toContain('name="api_key"');
    expect(replace).not.toContain('name="mode"');

    // A browser asks for the label, where it knows how.
    const form = { mode: 'add', label: '', api_key: OTHER_KEY };
    for (const answer of [
      await submit(browser, '/keys/openai', form),
      await submit(browser, '/keys/openai', { ...form, label: 'default' }),
    ]) {
      expect(textOf(answer.html)).toMatch(/A key for OpenAI .*is stored already.*A key for OpenAI .*is stored already/);
      expect(answer.html).toMatch(/type="radio"[^>]*value="openai" checked/);
      expect(answer.html).not.toMatch(/<details [^>]* open[ >]/);
      expect(await keys()).toEqual([KEY, null]);
    }
    // What was sent from the choice of providers is answered there, with the one that was chosen.
    for (const [provider, chosen] of [
      ['openai', 'openai'],
      ['azure', 'azure'],
      [OTHER_KEY, ''],
    ]) {
      const { html } = await submit(browser, '/keys', { ...form, provider, label: ' x' });
      expect(html).not.toMatch(/<details [^>]* open[ >]/);
      expect(html.match(/type="radio"[^>]* checked/g)).toHaveLength(1);
      expect(html).toMatch(new RegExp(`type="radio"[^>]* value${chosen && `="${chosen}"`} checked`));
      expect(formOf(html, /aria-invalid/)).toMatch(
        chosen ? new RegExp(`name="provider" value="${chosen}"`) : /name="provider" required/,
      );
      expect(html.match(/aria-invalid/g)).toHaveLength(1);
      expect(html).not.toContain(OTHER_KEY);
    }
    expect(textOf((await submit(browser, '/keys/openai', { ...form, label: 'work' })).html)).toContain('was saved');
    expect(textOf((await submit(browser, '/keys/openai', { ...form, label: 'work' })).html)).toContain(
      'A key for OpenAI with this label is stored already. Write another label, or replace that key.',
    );
    expect(await keys()).toEqual([KEY, OTHER_KEY]);
    await submit(browser, '/keys/openai', { label: 'work', api_key: KEY });
    expect(await keys()).toEqual([KEY, KEY]);
    await submit(browser, '/keys', { ...form, provider: 'mistral' });
    expect(textOf((await submit(browser, '/keys', { ...form, provider: 'other' })).html)).toContain('No more keys');
  });

  it('tell what a form did to nobody but who sent it', async () => {
    await start();
    const browser = await app.browser('bob');
    const token = tokenOf(await page(browser));
    await browser.post('/byok/keys/openai').type('form').send({ _csrf: token, api_key: KEY }).expect(303);
    await browser.post('/sign-in?user=carol').expect(204);
    expect(textOf(await page(browser))).not.toContain('was saved');
    await browser.post('/sign-in?user=bob').expect(204);
    expect(textOf(await page(browser))).not.toContain('was saved');
  });

  it('come in the language that the browser asks for, or the application says', async () => {
    await start();
    const german = { 'Accept-Language': 'fr, de-AT;q=0.8, en;q=0.5' };
    const browser = await app.browser('dora');
    const html = await page(browser, '/byok', german);
    expect(html).toContain('<html lang="de-AT" dir="ltr"');
    expect(textOf(html)).toMatch(/API-Schlüssel .*Schlüssel hinzufügen/);
    const token = { _csrf: tokenOf(html) };
    for (const [provider, form, why] of [
      ['openai', {}, 'Bitte den Schlüssel eingeben.'],
      ['openai', { api_key: 'short' }, 'Ein Schlüssel hat mindestens 8 Zeichen.'],
      ['openai', { api_key: KEY, label: ' x' }, 'Eine Bezeichnung hat 1 bis 64 Zeichen'],
      ['openai', { api_key: KEY, label: KEY }, 'Der Schlüssel steht dort, wo ein Name hingehört.'],
      ['openai', { api_key: KEY, 'fields[x]': 'x' }, 'Eine der weiteren Angaben gehört nicht zu diesem Anbieter.'],
      ['azure', { api_key: KEY, 'fields[endpoint]': 'http://localhost' }, 'Eine Adresse beginnt mit https://'],
      ['Azure', { api_key: KEY }, 'Der Name eines Anbieters hat'],
    ] as const) {
      const sent = { ...token, ...form };
      const answer = await browser.post(`/byok/keys/${provider}`).type('form').set(german).send(sent).expect(303);
      expect(textOf(await page(browser, answer.headers['location'], german))).toContain(why);
    }
    const absent = await browser
      .get('/byok/nothing')
      .set({ ...german, Accept: 'text/html' })
      .expect(404);
    expect(textOf(absent.text)).toContain('Nicht gefunden');
    expect(absent.text).toContain('<a class="byok-link" href="/byok">Schlüssel verwalten</a>');
    for (const accept of ['xx', ';;q=,', 'de;q=0', 'de-'.repeat(200), 'en-GB,de;q=0.9']) {
      expect(await page(browser, '/byok', { 'Accept-Language': accept })).toMatch(/<html lang="en(-GB)?"/);
    }
    await app.close();
    await start({ locale: 'de', timeZone: 'Europe/Berlin', title: 'Zugänge', messages: { addKey: 'Noch einer' } });
    const fixed = await page(await app.browser('dora'));
    expect(textOf(fixed)).toMatch(/Zugänge .*Noch einer/);
    await app.close();
    await start({ messages: { keyTooShort: 'No key of ours.' } });
    const own = await submit(await app.browser('dora'), '/keys/openai', { api_key: 'short' });
    expect(textOf(own.html)).toContain('No key of ours.');
  });

  it('stand in the layout of the application, with its theme', async () => {
    const seen: string[] = [];
    await start({
      theme: 'dark',
      layout: async ({ title, html, stylesheet, script, locale, direction }, { user }) => {
        seen.push((user as { id: string }).id, stylesheet, script, locale, direction);
        return `<!doctype html><title>${title} of the application</title><nav>Ours</nav>${html}`;
      },
    });
    const browser = await app.browser('erin');
    const html = await page(browser);
    expect(html).toMatch(
      /^<!doctype html><title>API keys of the application<\/title><nav>Ours<\/nav><div class="byok byok-main" data-theme="dark"><h1/,
    );
    const { stylesheet, script } = byokAssets();
    expect(seen).toEqual([
      'erin',
      `/byok/assets/${stylesheet.fileName}`,
      `/byok/assets/${script.fileName}`,
      'en',
      'ltr',
    ]);
    expect(await page(browser, '/byok/clear')).toContain('<nav>Ours</nav>');
  });

  it.each([
    ['throws', (_: unknown, { user }: { user?: unknown }) => (user as { name: string }).name.toUpperCase()],
    ['rejects', async () => Promise.reject(new TypeError('of a template'))],
    ['gives no text', () => undefined as unknown as string],
  ])('are documents of our own where the layout %s, which ends nothing', async (_how, layout) => {
    await start({ layout });
    const browser = await app.browser();
    for (const [path, status, told] of [
      ['/byok/nothing', 404, 'There is nothing here.'],
      ['/byok', 500, 'This could not be done.'],
    ] as const) {
      const answer = await browser.get(path).set('Accept', 'text/html').expect(status);
      expect(answer.headers).toMatchObject(SECURITY_HEADERS);
      expect(textOf(answer.text)).toContain(told);
    }
    expect(app.log.join()).toMatch(/Could not render the error page: TypeError/);
    expect(app.log.join()).not.toContain('of a template');
  });

  it('lead to the sign-in where one is needed, and back', async () => {
    await start({ signInUrl: '/sign-in?from=keys#/form#2' }, { storage: 'database' });
    const browser = await app.browser();
    const answer = await browser.get('/byok?x=1').set('Accept', 'text/html').expect(303);
    expect(answer.headers['location']).toBe('/sign-in?from=keys&return_to=%2Fbyok%3Fx%3D1#/form#2');
    await app.close();
    await start({}, { storage: 'database' });
    const refused = await (await app.browser()).get('/byok').set('Accept', 'text/html').expect(401);
    expect(textOf(refused.text)).toContain('Sign in first');
    expect(refused.text).not.toContain('href="/sign-in');
  });

  it("have the application's guards in front, with what those depend on, and forms too", async () => {
    const asked: string[] = [];
    class Members {
      isMember = (request: { user?: { id: string } }) => request.user?.id === 'grace';
    }
    @Injectable()
    class MembersGuard implements CanActivate {
      constructor(private readonly members: Members) {}
      canActivate(context: ExecutionContext) {
        const request = context.switchToHttp().getRequest<{ method: string; url: string; user?: { id: string } }>();
        asked.push(`${request.method} ${request.url}`);
        return of(this.members.isMember(request));
      }
    }
    const open: CanActivate = { canActivate: async () => true };
    app = await startEdge({
      options: { dashboard: { guards: [open, MembersGuard] }, rateLimit: false },
      providers: [Members, MembersGuard],
    });
    expect((await submit(await app.browser('grace'), '/keys/openai', { api_key: KEY })).html).toContain('…1f9c');
    const stranger = await app.browser('heidi');
    const refused = await stranger.get('/byok').set('Accept', 'text/html').expect(403);
    expect(refused.text).not.toContain('<form');
    expect(refused.headers).toMatchObject(SECURITY_HEADERS);
    await stranger.post('/byok/keys/openai').type('form').send({ api_key: KEY }).expect(403);
    expect(asked.slice(-2)).toEqual(['GET /byok', 'POST /byok/keys/openai']);
  });

  it('show what happened lately where an audit log is kept', async () => {
    await start({}, { audit: true });
    const browser = await app.browser('frank');
    await submit(browser, '/keys/openai', { api_key: KEY });
    expect(textOf(await page(browser))).toMatch(/Recent activity .*Key saved OpenAI/);
  });

  it('have their files for ever, for everybody and under no other name', async () => {
    await start();
    for (const { fileName, contentType, content } of Object.values(byokAssets()) as {
      fileName: string;
      contentType: string;
      content: Buffer;
    }[]) {
      const answer = await fetch(`${app.url}/byok/assets/${fileName}`);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': contentType,
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(answer.headers.get('set-cookie')).toBeNull();
      expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
    }
    for (const name of [
      'byok.css',
      'byok.0000000000000000.css',
      '..%2f..%2fpackage.json',
      '%2e%2e%2findex.js',
      '__proto__',
    ]) {
      expect((await fetch(`${app.url}/byok/assets/${name}`)).status).toBe(404);
    }
    await app.close();
    app = await startEdge({ platform, options: { dashboard: false } });
    expect((await fetch(`${app.url}/byok/assets/${byokAssets().script.fileName}`)).status).toBe(404);
  });

  it('refuse a text that there is not, or of the wrong shape, at the start', async () => {
    const none = (name: string) => `dashboard.messages.${name} is not the name of a text.`;
    const form = "dashboard.messages.keyCount must be { other: '…' }, with texts for zero, one";
    for (const [wrong, message] of [
      [{ sekurity: 'x' }, none('sekurity')],
      [{ constructor: 'x' }, none('constructor')],
      [{ keyCount: { one: 'x' } }, form],
      [{ keyCount: { other: 'x', more: 'y' } }, form],
      [{ keyCount: { other: 7 } }, form],
      [{ keyCount: null }, form],
      [{ save: { other: 'x' } }, 'dashboard.messages.save must be a string.'],
      [{ save: 7 }, 'dashboard.messages.save must be a string.'],
    ] as const) {
      await expect(start({ messages: wrong as unknown as DashboardOptions['messages'] })).rejects.toThrow(message);
    }
    const own: Partial<Messages> = { ...messages.de, keyCount: { other: '{count} Stück' }, save: undefined };
    await start({ messages: own });
    const { html } = await submit(await app.browser('ida'), '/keys/openai', { api_key: KEY });
    expect(textOf(html)).toContain('1 Stück');
  });
});
