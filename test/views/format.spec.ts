import { describe, expect, it } from '@jest/globals';
import {
  formatExpiration,
  formatKeyAge,
  formatProviderName,
  getProviderInfo,
  messages,
  safeUrl,
} from '../../lib/entries/views.js';
import { HOSTILE } from './hostile-strings.js';

const now = new Date('2026-03-31T12:00:00.000Z');
const at = (ms: number): Date => new Date(now.getTime() + ms);
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

describe('formatKeyAge', () => {
  it.each([
    [0, 'just now'],
    [5 * DAY, 'just now'],
    [-59 * SECOND, 'just now'],
    [-MINUTE, '1 minute ago'],
    [-(HOUR - 1), '59 minutes ago'],
    [-HOUR, '1 hour ago'],
    [-(DAY - 1), '23 hours ago'],
    [-DAY, '1 day ago'],
    [-3 * DAY, '3 days ago'],
    [-31 * DAY, '1 month ago'],
    [-364 * DAY, '12 months ago'],
    [-800 * DAY, '2 years ago'],
  ])('%d ms is %s', (age, text) => expect(formatKeyAge(at(age), { now })).toBe(text));

  it.each([
    ['de', 'vor 3 Tagen'],
    ['fr', 'il y a 3 jours'],
    ['ar', 'قبل 3 أيام'],
    ['no such language!', '3 days ago'],
  ])('in %s', (locale, text) => expect(formatKeyAge(at(-3 * DAY).toISOString(), { now, locale })).toBe(text));

  it.each([
    ['de-AT', 'gerade eben'],
    ['fr', 'maintenant'],
    ['no such language!', 'now'],
  ])('just now, in %s', (locale, text) => expect(formatKeyAge(now, { now, locale })).toBe(text));

  it('does not find a moment where there is none', () => {
    expect(formatKeyAge('7 * 7', { now })).toBe('Unknown');
    expect(formatKeyAge(new Date(Number.NaN), { now, locale: 'de' })).toBe('Unbekannt');
  });
});

describe('formatExpiration', () => {
  it.each([
    [null, 'Never expires'],
    [undefined, 'Never expires'],
    [at(0), 'Expired'],
    [at(-DAY), 'Expired'],
    [at(1), 'Expires in 1 second'],
    [at(3 * DAY - 500), 'Expires in 3 days'],
    [at(47 * HOUR), 'Expires in 1 day'],
    [at(60 * DAY), 'Expires in 2 months (May 30, 2026)'],
    ['nonsense', 'Unknown'],
  ])('%s', (moment, text) => expect(formatExpiration(moment, { now })).toBe(text));

  it('counts the days of the reader', () => {
    const late = new Date('2026-06-30T23:30:00.000Z');
    expect(formatExpiration(late, { now, locale: 'de', timeZone: 'UTC' })).toContain('30. Juni 2026');
    expect(formatExpiration(late, { now, locale: 'de', timeZone: 'Europe/Berlin' })).toContain('1. Juli 2026');
    expect(formatExpiration(late, { now, timeZone: 'No/Where' })).toContain('June 30, 2026');
  });
});

describe('provider facts', () => {
  it('are made from the identifier where none are configured', () => {
    expect(formatProviderName('open-router')).toBe('Open Router');
    expect(formatProviderName('constructor', {})).toBe('Constructor');
    expect(getProviderInfo('open_router', undefined, { locale: 'de' })).toMatchObject({
      name: 'Open Router',
      placeholder: 'API-Schlüssel für Open Router eingeben',
      docsUrl: undefined,
    });
  });

  it.each([
    'OpenAI',
    'Anthropic',
    'Mistral AI',
    'Cohere',
    'Groq',
    'Google',
    'Gemini',
    'Hugging Face',
    'DeepSeek',
    'OpenRouter',
    'xAI',
    'ElevenLabs',
    'Replicate',
    'Together AI',
    'Perplexity',
    'GitHub',
    'Stripe',
    'Azure OpenAI',
  ])('spell well-known names as their bearers do: %s', (name) => {
    for (const separator of ['-', '_', '.']) {
      expect(formatProviderName(name.toLowerCase().replace(' ', separator))).toBe(name);
    }
    expect(formatProviderName(name.toLowerCase(), { name: 'Configured' })).toBe('Configured');
  });

  it('come from no prototype', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'size', 'get'].map((name) =>
      formatProviderName(name),
    );
    expect(names).toEqual(['Proto', 'Constructor', 'ToString', 'HasOwnProperty', 'Size', 'Get']);
  });

  it('are taken from its own or from those of several', () => {
    const openai = { name: 'OpenAI', docsUrl: 'javascript:alert(1)' };
    expect(getProviderInfo('openai', openai)).toMatchObject({ name: 'OpenAI', docsUrl: undefined });
    const keysUrl = 'https://example.com/keys';
    expect(getProviderInfo('openai', { ...openai, keysUrl })).toMatchObject({ docsUrl: keysUrl });
    expect(formatProviderName('openai', { openai, name: { name: 'Other' } })).toBe('OpenAI');
    expect(formatProviderName('name', { openai, name: { name: 'Other' } })).toBe('Other');
  });
});

describe('safeUrl', () => {
  it.each(['/byok', '/a?b=c:d#e', 'keys/openai', '?a', '#a', 'https://example.com/a', 'http://localhost:3000'])(
    'takes %s',
    (url) => {
      expect(safeUrl(url)).toBe(url);
    },
  );
  it('takes no address out of hostile texts that leaves the page for a script or a site in disguise', () => {
    const base = 'https://here.invalid/';
    const taken = HOSTILE.filter((text) => safeUrl(text) !== undefined);
    for (const text of taken) expect(new URL(text, base).href).toMatch(/^https:\/\/(here\.invalid|evil\.example)\//);
    expect(HOSTILE.filter((text) => /^\W*(java|vb|data)\w*:|^[\s/\\]{2}/i.test(text)).length).toBeGreaterThan(40);
    expect(taken.filter((text) => /^\W*(java|vb|data)\w*:|^[\s/\\]{2}/i.test(text))).toEqual([]);
  });
  it.each([undefined, null, 7, {}, ''])('refuses %p', (value) => expect(safeUrl(value)).toBeUndefined());
});

describe('the catalogues', () => {
  const places = (message: unknown): string[] => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort();

  it('have the same texts with the same places', () => {
    expect(Object.keys(messages.de)).toEqual(Object.keys(messages.en));
    for (const [key, english] of Object.entries(messages.en)) {
      const german = messages.de[key as keyof typeof messages.de];
      expect([key, places(german)]).toEqual([key, places(english)]);
      expect(typeof german).toBe(typeof english);
    }
  });

  it('name a button by what is written on it', () => {
    for (const {
      save,
      saveKey,
      saveKeyOf,
      replace,
      replaceKeyOf,
      delete: remove,
      deleteKeyOf,
      addAnother,
      addAnotherFor,
    } of [messages.en, messages.de]) {
      expect(save).not.toBe('');
      expect(saveKeyOf).toContain(saveKey);
      expect(replaceKeyOf).toContain(replace);
      expect(deleteKeyOf).toContain(remove);
      expect(addAnotherFor).toContain(addAnother);
    }
  });
});
