import { describe, expect, it } from '@jest/globals';
import { h } from 'preact';
import * as views from '../../lib/entries/views.js';
import { FIXTURES, NOW, PROVIDER_CONFIG, STORED_KEY } from './fixtures.js';

const { renderToString } = views;

describe('components', () => {
  it.each(FIXTURES.map((fixture) => [fixture.name, fixture] as const))(
    '%s is the same called as rendered',
    (_, { component, props }) => {
      const called = (component as (props: object) => Parameters<typeof renderToString>[0])(props);
      expect(renderToString(called)).toBe(renderToString(h(component, props)));
    },
  );

  it('give no input for a key a value, and ask for it not to be kept', () => {
    let shown = 0;
    for (const { component, props } of FIXTURES) {
      for (const [input] of renderToString(h(component, props)).matchAll(
        /<input[^>]*name="(api_key|fields\[.*?\])"[^>]*>/g,
      )) {
        if (input.includes('fields[region]')) shown += Number(/\bvalue="eu"/.test(input));
        else expect(input).not.toMatch(/\bvalue=/);
        const isSecret = input.includes('type="password"');
        expect(input).toContain(`autocomplete="${isSecret ? 'new-password' : 'off'}"`);
        if (input.includes('api_key')) expect(input).toContain('type="password"');
      }
    }
    // Of a field that is no secret: to replace and to edit, in the card and in the dashboard.
    expect(shown).toBe(4);
  });

  it('have ids that are there once, and refer only to those', () => {
    for (const html of [...FIXTURES.map(({ component, props }) => renderToString(h(component, props))), similar()]) {
      const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      // The script adds one to each input for a key.
      ids.push(...[...html.matchAll(/<input id="([^"]*)"[^>]* name="api_key"/g)].map(([, id]) => `${id}---format`));
      expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
      const used = [...html.matchAll(/ (?:for|aria-describedby|aria-labelledby)="([^"]*)"/g)].flatMap(([, all]) =>
        all.split(' '),
      );
      expect(used.filter((id) => !ids.includes(id))).toEqual([]);
    }
  });
});

/** A dashboard and a form of providers, labels and fields that are called as parts of an id are. */
function similar(): string {
  const names = ['help', 'title', 'replace', 'key', 'label', 'more', 'format', 'error', 'other', 'field', 'label-help'];
  const providers = ['x', ...names.map((name) => `x-${name}`)];
  const fields = Object.fromEntries(names.map((name) => [name, {}]));
  const providerConfig = Object.fromEntries(providers.map((provider) => [provider, { fields }]));
  const keys = ['default', ...names].map((label) => ({ provider: 'x', label }));
  const more = providers
    .slice(1)
    .filter((provider) => provider.length % 2)
    .map((provider) => ({ provider }));
  const refusal = { provider: 'x-key', message: 'Refused' };
  const board = h(views.KeyManagerDashboard, {
    providers,
    keys: [...keys, ...more],
    providerConfig,
    refusal,
    allowOther: true,
  });
  const cards = providers.map((provider) =>
    h(views.KeyManagementCard, {
      provider: `card-${provider}`,
      keys: [{}, { label: 'key' }],
      providerConfig,
      allowMore: true,
    }),
  );
  const forms = h(views.MultiProviderKeyForm, { providers, providerConfig, allowOther: true, askLabel: true });
  return renderToString(board) + renderToString(forms) + cards.map((card) => renderToString(card)).join('');
}

describe('KeyManagementCard', () => {
  it('shows one key like several, and asks for one if there is none', () => {
    const by = (props: object) =>
      renderToString(h(views.KeyManagementCard, { provider: 'openai', now: NOW, ...props }));
    expect(by({ storedKey: STORED_KEY })).toContain('…1f9c');
    expect(by({ keys: [STORED_KEY] })).toBe(by({ storedKey: STORED_KEY }));
    expect(by({})).toContain('No key is stored.');
  });

  it('shows no date of storing if the key has none', () => {
    const storedKey = { hint: '…1f9c', createdAt: null, updatedAt: null };
    const html = renderToString(h(views.KeyManagementCard, { provider: 'openai', now: NOW, storedKey }));
    expect(html).toContain('…1f9c');
    expect(html).not.toMatch(/ago|<dt>(Added|Replaced)/);
  });

  it.each([
    ['en', 'Expires in 1 month', 'Not used for long'],
    ['de', 'Läuft in 1 Monat', 'Lange nicht verwendet'],
  ])('marks a key that expires soon or was not used for long, in %s', (locale, soon, unused) => {
    const by = (more: object) =>
      renderToString(
        h(views.KeyManagementCard, {
          provider: 'openai',
          now: NOW,
          locale,
          storedKey: { ...STORED_KEY, notice: undefined, expiresAt: '2026-03-05T00:00:00.000Z', ...more },
        }),
      );
    const marks = (html: string) => html.match(/byok-badge-warning">[^<]*/g)?.map((text) => text.split('>')[1]) ?? [];
    expect(marks(by({}))).toEqual([]);
    expect(marks(by({ notice: 'expiring' }))).toEqual([expect.stringContaining(soon)]);
    expect(marks(by({ notice: 'unused' }))).toEqual([unused]);
  });

  it('replaces and deletes the key of its label', () => {
    const html = renderToString(
      views.KeyManagementCard({ provider: 'openai', storedKey: STORED_KEY, baseUrl: '/keys/', csrfToken: 'a-token' }),
    );
    expect(html).toContain('action="/keys/keys/openai"');
    expect(html).toContain('action="/keys/keys/openai/delete"');
    expect(html).toContain('action="/keys/keys/openai/edit"');
    expect(html.match(/name="label" value="work"/g)).toHaveLength(3);
    expect(html.match(/name="_csrf" value="a-token"/g)).toHaveLength(3);
  });
});

describe('MultiProviderKeyForm', () => {
  const html = renderToString(
    views.MultiProviderKeyForm({
      providers: ['openai', 'azure'],
      defaultProvider: 'azure',
      providerConfig: { openai: PROVIDER_CONFIG },
    }),
  );

  it('has a form for each provider, so that only the chosen one is sent', () => {
    expect(html.match(/<form /g)).toHaveLength(2);
    expect(html.match(/<input type="hidden" name="provider"/g)).toHaveLength(2);
    expect(html.match(/name="fields\[endpoint\]"/g)).toHaveLength(1);
  });

  it('checks the default', () => expect(html.match(/<input[^>]* checked/g)?.[0]).toContain('value="azure"'));
});

it('a form whose address is not safe cannot be sent', () => {
  const html = renderToString(views.KeyInputForm({ provider: 'openai', action: 'javascript:alert(1)' }));
  expect(html).not.toContain('action=');
  expect(html.match(/ disabled/g)).toHaveLength(2);
});

it('an object in place of a text never becomes an element', () => {
  const forged = JSON.parse('{"type":"script","props":{"children":"alert(1)"},"html":"<script>","__v":1}') as string;
  expect(renderToString(h('p', null, h('script', null, 'a')))).toContain('<script');
  const shown = [
    views.Alert({ message: forged, title: forged }),
    views.AlertStack({ alerts: [forged as never] }),
    views.KeyManagementCard({ provider: 'openai', storedKey: { hint: forged, fieldNames: [forged] } }),
    views.KeyInputForm({ provider: 'openai', providerConfig: { name: 'x', fields: { a: { label: forged } } } }),
  ];
  for (const component of shown) expect(renderToString(component)).not.toMatch(/<script|alert\(1\)/);
});

it('an action whose address is not safe stays text', () => {
  const html = renderToString(
    views.SecurityAlert({ message: 'Open', actionUrl: '//evil.example', actionText: 'Fix it' }),
  );
  expect(html).toContain('<span>Fix it</span>');
  expect(html).not.toContain('href');
});

it('a pattern that not every browser reads alike is not sent', () => {
  const page = (keyPattern: RegExp) =>
    renderToString(views.KeyInputForm({ provider: 'openai', providerConfig: { keyPattern } }));
  expect(page(/^sk-/i)).toContain('data-byok-pattern="^sk-" data-byok-flags="i"');
  for (const pattern of [/^sk-/g, /^sk-/y, new RegExp('a', 'v'), new RegExp('a'.repeat(501))])
    expect(page(pattern)).not.toContain('data-byok-pattern');
});

it.each([
  [5_000, '5000'],
  // What a timer of a browser cannot hold would be over at once.
  [Number.MAX_SAFE_INTEGER, '2147483647'],
  [0, undefined],
  [Number.POSITIVE_INFINITY, undefined],
])('a toast of %s ms lasts for %s', (duration, lasting) => {
  const html = renderToString(views.Toast({ message: 'Saved.', duration }));
  expect(/data-byok-duration="(\d+)"/.exec(html)?.[1]).toBe(lasting);
});

it.each([
  [undefined, 'Jan 31, 2030, 8:30 PM UTC'],
  ['Asia/Tokyo', 'Feb 1, 2030, 5:30 AM'],
])('a moment in full says whose time it is where it is not the time of the reader (%s)', (timeZone, title) => {
  const storedKey = { hint: '…1f9c', createdAt: '2030-01-31T20:30:00Z' };
  const html = renderToString(views.KeyManagementCard({ provider: 'openai', storedKey, timeZone }));
  // Some versions of Node have a narrow space there.
  expect(/title="([^"]+)"/.exec(html)?.[1].replace(/\s/g, ' ')).toBe(title);
});

it('alerts past the visible ones are folded away', () => {
  const html = renderToString(
    views.AlertStack({ alerts: [{ message: 'One' }, views.Alert({ message: 'Two' })], maxVisible: 1, locale: 'de' }),
  );
  expect(html).toMatch(/One.*<details><summary[^>]*>1 weiterer<\/summary>.*Two/s);
});
