import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Agent } from 'supertest';
import { type EdgeApp, KEY, startEdge } from '../support/edge-app.js';
import { PLATFORMS } from '../support/platforms.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const OTHER_KEY = 'another-example-of-a-key-2e8d';
const SECRET = 'an-example-of-a-secret-value';
const PEM = '\n-----BEGIN-----\nan example\n-----END-----\n';
const DAY = 24 * 60 * 60 * 1000;
const PROVIDERS = {
  openai: {
    name: 'OpenAI',
    fields: {
      region: { label: 'Region', visible: true },
      notes: { type: 'textarea', visible: true },
      secret: { type: 'password', required: true },
      endpoint: { type: 'url' },
    },
  },
} as const;

describe.each(PLATFORMS)('The forms of stored keys on %s', (platform) => {
  let database: TestDatabase;
  let app: EdgeApp;
  let browser: Agent;

  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());
  afterEach(() => app.close());

  const alice = { userId: 'alice' };

  async function start(): Promise<void> {
    app = await startEdge({ platform, options: { db: database.url, providers: PROVIDERS, rateLimit: false } });
    await app.byok.clearKeys(alice);
    browser = await app.browser('alice');
  }

  const page = async (): Promise<string> => (await browser.get('/byok').set('Accept', 'text/html').expect(200)).text;
  const tokenOf = (html: string): string => /name="_csrf" value="([^"]+)"/.exec(html)![1];
  const textOf = (html: string): string => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

  async function submit(path: string, fields: object): Promise<string> {
    const form = { _csrf: tokenOf(await page()), ...fields };
    await browser.post(`/byok${path}`).type('form').send(form).expect(303);
    return page();
  }

  /** The part of the page between the beginning of a form of the stored key and its end. */
  const formOf = (html: string, id: string): string =>
    html.split('<form').find((form) => form.includes(`id="byok-stored--openai---${id}"`)) ?? '';

  it('have what is stored filled in, and never what is secret', async () => {
    await start();
    const fields = { region: 'eu', notes: PEM, secret: SECRET };
    await app.byok.setKey(alice, 'openai', KEY, { fields, expiresAt: new Date('2100-01-31T12:00:00Z') });
    const html = await page();
    for (const form of [formOf(html, 'key'), formOf(html, 'edit--label')]) {
      expect(form).toMatch(/name="fields\[region\]"[^>]* value="eu"/);
      // HTML drops the first line break.
      expect(form).toContain(`>\n${PEM}</textarea>`);
      expect(form).toMatch(/name="fields\[secret\]"[^>]*>.*Stored; leave empty to keep it/);
      expect(form).not.toMatch(/name="fields\[secret\]"[^>]* (required|value)/);
    }
    expect(formOf(html, 'key')).toContain('name="fields[endpoint]"');
    expect(formOf(html, 'edit--label')).not.toContain('name="fields[endpoint]"');
    expect(formOf(html, 'edit--label')).toContain('value="2100-01-31"');
    expect(html).not.toContain(SECRET);
  });

  it('keep what is left empty, and change what is named', async () => {
    await start();
    await app.byok.setKey(alice, 'openai', KEY, { fields: { region: 'eu', secret: SECRET } });
    await submit('/keys/openai', {
      label: 'default',
      api_key: ` "${OTHER_KEY}" `,
      'fields[region]': 'us',
      'fields[secret]': '',
    });
    expect(await app.byok.resolveKey(alice, 'openai')).toMatchObject({
      apiKey: OTHER_KEY,
      fields: { region: 'us', secret: SECRET },
    });
    const edited = await submit('/keys/openai/edit', {
      label: 'default',
      new_label: 'work',
      expires_on: '2100-01-31',
      'fields[region]': '',
    });
    expect(textOf(edited)).toContain('The key for OpenAI (work) was changed.');
    const [key] = await app.byok.listKeys(alice);
    expect(key).toMatchObject({
      label: 'work',
      fieldNames: ['secret'],
      expiresAt: new Date('2100-01-31T23:59:59.999Z'),
    });
    await submit('/keys/openai/edit', { label: 'work', new_label: 'work', expires_on: '' });
    expect((await app.byok.listKeys(alice))[0]).toMatchObject({ label: 'work', expiresAt: null });
  });

  it('say why they were refused where they stand', async () => {
    await start();
    await app.byok.setKey(alice, 'openai', KEY, { fields: { secret: SECRET } });
    await app.byok.setKey(alice, 'openai', KEY, { label: 'work', fields: { secret: SECRET } });
    const edit = await submit('/keys/openai/edit', { label: 'default', new_label: 'work', expires_on: '' });
    expect(textOf(formOf(edit, 'edit--label'))).toContain('A key for OpenAI with this label is stored already.');
    expect(edit.match(/<details [^>]*openai---(actions|edit)"[^>]* open/g)).toHaveLength(2);
    expect(edit).not.toMatch(/<details [^>]*openai---replace"[^>]* open/);
    const replace = await submit('/keys/openai', { label: 'default', api_key: 'short' });
    expect(textOf(formOf(replace, 'key'))).toContain('A key has at least 8 characters.');
    expect(replace.match(/<details [^>]*openai---(actions|replace)"[^>]* open/g)).toHaveLength(2);
    expect(replace).not.toMatch(/<details [^>]*work---[^>]* open/);
    const gone = await submit('/keys/openai/edit', { label: 'gone', expires_on: '' });
    expect(textOf(gone)).toContain('There was no key for OpenAI.');
    expect(gone).not.toMatch(/<details [^>]* open|type="radio"[^>]* aria-invalid|aria-invalid/);
  });

  it('choose the default, which is marked where there are several', async () => {
    await start();
    await app.byok.setKey(alice, 'openai', KEY, { fields: { secret: SECRET } });
    const rows = (html: string): string[] => html.split('<li class="byok-row"').slice(1);
    const MARK = />Default</;
    expect(await page()).not.toMatch(MARK);
    await app.byok.setKey(alice, 'openai', OTHER_KEY, { label: 'work', fields: { secret: SECRET } });
    const before = rows(await page());
    expect(before.map((row) => MARK.test(row))).toEqual([true, false]);
    expect(before.map((row) => row.includes('action="/byok/keys/openai/default"'))).toEqual([false, true]);
    const html = await submit('/keys/openai/default', { label: 'work' });
    expect(textOf(html)).toContain('The key for OpenAI (work) is the default key now.');
    expect(rows(html).map((row) => MARK.test(row))).toEqual([false, true]);
    expect(await app.byok.getKey(alice, 'openai')).toBe(OTHER_KEY);
  });

  it('begin with the keys that need somebody, and say what to do', async () => {
    await start();
    const save = (label: string, expiresAt: Date | null) =>
      app.byok.setKey(alice, 'openai', KEY, { label, expiresAt, fields: { secret: SECRET } });
    await save('a', null);
    await save('b', new Date(Date.now() + 30 * DAY));
    await save('c', new Date(Date.now() + 3 * DAY));
    const rows = (await page()).split('<li class="byok-row"').slice(1).map(textOf);
    expect(rows.map((row) => /OpenAI (\w)/.exec(row)![1])).toEqual(['c', 'a', 'b']);
    expect(rows[0]).toMatch(/Expires in [23] days .*Replace it in time/);
    for (const row of rows.slice(1)) expect(row).not.toContain('Replace it');
  });
});
