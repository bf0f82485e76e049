import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { CHROMIUM, type Complaints, launchBrowser, newVisitor, QUIET } from '../support/browser.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type ProviderStub, startProviderStub } from '../support/provider-stub.js';
import { type Sample, startSample } from '../support/sample.js';
import { type Hand, keyboard, mouse, Person } from './people.js';

let browser: Browser;
let database: TestDatabase;
let provider: ProviderStub;
let sample: Sample;

const WAYS: [string, Hand, boolean][] = [
  ['by mouse', mouse, true],
  ['by keyboard', keyboard, true],
  ['by mouse, without JavaScript', mouse, false],
  ['by keyboard, without JavaScript', keyboard, false],
];

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

  async function asPerson(
    hand: Hand,
    javaScriptEnabled: boolean,
    act: (person: Person) => Promise<void>,
  ): Promise<Complaints> {
    const { context, complaints } = await newVisitor(browser, { javaScriptEnabled, locale: 'en' });
    try {
      await act(new Person(await context.newPage(), sample.url, hand, javaScriptEnabled));
    } finally {
      await context.close();
    }
    return complaints;
  }

  it.each(WAYS)('keys are added, refused, replaced, deleted and cleared %s', async (way, hand, scripted) => {
    const user = way.replaceAll(',', '');
    const complaints = await asPerson(hand, scripted, async (person) => {
      await person.signIn(user);
      await person.follow('API keys', 'API keys');
      await person.add('OpenAI', 'an-example-of-an-api-key-1f9c');
      await person.sees('OpenAI', '…1f9c');
      expect(await person.page.content()).not.toContain('an-example-of');

      // The browser takes it, the server does not: there is a blank in it.
      await person.replace('OpenAI', 'xxxxxxxxxxxxxxxxxxxx yyyy');
      await person.page.locator('.byok-alert-error').waitFor();
      expect(await person.page.content()).not.toContain('xxxxxxxxx');
      await person.sees('OpenAI', '…1f9c');

      // Its form is still open.
      await person.save('OpenAI', 'an-example-of-another-key-2b2b', person.row('OpenAI'));
      await person.sees('OpenAI', '…2b2b');
      expect(await person.row('OpenAI').textContent()).not.toContain('1f9c');

      await person.askToDelete('OpenAI');
      await person.sees('OpenAI', '…2b2b');
      await person.confirm('OpenAI');
      await person.seesNoKey('OpenAI');

      await person.add('OpenAI', 'an-example-of-a-first-key-aaaa');
      await person.sees('OpenAI', '…aaaa');
      await person.add('Anthropic', 'an-example-of-a-second-key-bbbb');
      await person.sees('Anthropic', '…bbbb');
      await person.clearAll();
      await person.seesNoKey('OpenAI');
      await person.seesNoKey('Anthropic');
    });
    expect(complaints).toEqual(QUIET);
    expect(await database.query('SELECT 1 FROM user_api_keys WHERE owner_id = $1', [user])).toEqual([]);
  });

  it.each(WAYS)(
    'a provider is chosen, and of its keys one is replaced, chosen, renamed and deleted %s',
    async (way, hand, scripted) => {
      const complaints = await asPerson(hand, scripted, async (person) => {
        const hints = person.row('Anthropic').locator('.byok-hint');
        const labelOf = (hint: string, label = 'work') =>
          person.row('Anthropic', label).locator('code').getByText(hint, { exact: true });
        await person.signIn(`chooser ${way.replaceAll(',', '')}`);
        await person.follow('API keys', 'API keys');
        await person.add('Anthropic', 'an-example-of-an-api-key-1f9c');
        await person.sees('Anthropic', '…1f9c');
        await person.seesNoKey('OpenAI');
        await person.add('Anthropic', 'another-example-of-a-key-2e8d', 'work');
        await labelOf('…2e8d').waitFor();
        await person.replace('Anthropic', 'a-third-example-of-a-key-5d5d', 'work');
        await labelOf('…5d5d').waitFor();
        expect(await hints.allInnerTexts()).toEqual(['…1f9c', '…5d5d']);
        await person.makeDefault('Anthropic', 'work');
        await person.rename('Anthropic', 'work', 'team');
        await labelOf('…5d5d', 'team').waitFor();
        // It stays the default.
        await person.row('Anthropic', 'team').getByText('Default', { exact: true }).waitFor();
        await person.askToDelete('Anthropic', 'team');
        await person.confirm('Anthropic', 'team');
        await labelOf('…5d5d', 'team').waitFor({ state: 'detached' });
        expect(await hints.allInnerTexts()).toEqual(['…1f9c']);
      });
      expect(complaints).toEqual(QUIET);
    },
  );

  it.each(WAYS)('who is asked for a key comes back to the chat with it %s', async (way, hand, scripted) => {
    const apiKey = 'an-example-of-an-api-key-1f9c';
    const said = `Hello ${way}`;
    const complaints = await asPerson(hand, scripted, async (person) => {
      const { page } = person;
      await person.signIn(`talker ${said.length}`);
      await person.follow('Chat', 'API key required');
      await person.save('OpenAI', apiKey, page);
      await person.heading('Chat');
      expect(new URL(page.url()).pathname).toBe('/chat');
      await person.send(said);
      await page.getByText(`You said: ${said}`).waitFor();

      await person.signOut();
      await person.signIn(`stranger ${said.length}`);
      await person.follow('API keys', 'API keys');
      await person.seesNoKey('OpenAI');
      expect(await page.content()).not.toContain('1f9c');
      await person.follow('Chat', 'API key required');
    });
    expect(complaints).toEqual(QUIET);
    expect(provider.calls.filter(({ text }) => text === said).map((call) => call.key)).toEqual([apiKey]);
  });

  it('the question in the dialog can be left, and gives the focus back', async () => {
    const complaints = await asPerson(keyboard, true, async (person) => {
      const { page } = person;
      const focused = (): Promise<string | null | undefined> =>
        page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent);
      await person.signIn('hesitant');
      await person.follow('API keys', 'API keys');
      await person.add('OpenAI', 'an-example-of-an-api-key-1f9c');
      await person.sees('OpenAI', '…1f9c');
      await person.askToDelete('OpenAI');
      expect(await focused()).toBe('Cancel');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await focused()).toBe('Delete the key for OpenAI');
      await person.sees('OpenAI', '…1f9c');
    });
    expect(complaints).toEqual(QUIET);
  });
});
