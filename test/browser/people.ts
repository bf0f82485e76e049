import type { Locator, Page } from 'playwright-core';

/** A way to use a page. */
export interface Hand {
  /** Presses a button, follows a link, unfolds. */
  press(target: Locator): Promise<void>;
  type(field: Locator, text: string): Promise<void>;
  /** Chooses one of several radio buttons by its label. */
  choose(choices: Locator, name: string): Promise<void>;
}

export const mouse: Hand = {
  press: (target) => target.click(),
  type: async (field, text) => {
    await field.click();
    await field.fill(text);
  },
  choose: (choices, name) => choices.getByText(name, { exact: true }).click(),
};

/** Only Tab, Enter, arrows and letters: what the focus does not reach cannot be used. */
export const keyboard: Hand = {
  press: async (target) => {
    await tabTo(target);
    await target.page().keyboard.press('Enter');
  },
  type: async (field, text) => {
    await tabTo(field);
    const keys = field.page().keyboard;
    await keys.press('Control+a');
    await keys.type(text);
  },
  choose: async (choices, name) => {
    await tabTo(choices.locator('[type=radio]:checked'));
    const wanted = choices.getByRole('radio', { name, exact: true });
    for (let stop = 0; !(await wanted.isChecked()); stop++) {
      if (stop > 3) throw new Error(`${name} is not reached by the arrow keys.`);
      await choices.page().keyboard.press('ArrowRight');
    }
  },
};

const MOST_STOPS = 80;

async function tabTo(target: Locator): Promise<void> {
  await target.waitFor();
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await target.page().keyboard.press('Tab');
  }
  throw new Error(`${String(target)} is not reached by Tab.`);
}

function called(provider: string, label?: string): string {
  return label === undefined ? provider : `${provider} (${label})`;
}

/** Somebody at a browser; the one place that knows what the pages say. */
export class Person {
  constructor(
    readonly page: Page,
    private readonly url: string,
    private readonly hand: Hand,
    /** Without JavaScript there is no dialog: the question unfolds in the page. */
    private readonly scripted: boolean,
  ) {}

  async open(path: string): Promise<void> {
    await this.page.goto(this.url + path);
  }

  async signIn(user: string): Promise<void> {
    await this.open('/');
    await this.hand.type(this.page.getByLabel('Sign in as any name'), user);
    await this.hand.press(this.button('Sign in'));
    await this.page.getByText(`Signed in as ${user}`, { exact: true }).waitFor();
  }

  async signOut(): Promise<void> {
    await this.hand.press(this.button('Sign out'));
    await this.page.getByLabel('Sign in as any name').waitFor();
  }

  async follow(link: string, heading: string): Promise<void> {
    await this.hand.press(this.page.getByRole('navigation').getByRole('link', { name: link, exact: true }));
    await this.heading(heading);
  }

  async heading(name: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  }

  card(provider: string): Locator {
    return this.page.getByRole('region', { name: provider, exact: true });
  }

  /** Waits until a card shows the end of a key. */
  async sees(provider: string, hint: string): Promise<void> {
    await this.card(provider).locator('code').getByText(hint, { exact: true }).waitFor();
  }

  async seesNoKey(provider: string): Promise<void> {
    await this.card(provider).getByText('No key is stored.').waitFor();
  }

  /** Saves a key in the form that a card, or a page that asks for a key, has open. */
  async save(
    provider: string,
    apiKey: string,
    within: Page | Locator = this.card(provider),
    label?: string,
  ): Promise<void> {
    await this.hand.type(this.unfolded(within.getByLabel(`${provider} API key`, { exact: true })), apiKey);
    if (label !== undefined) await this.hand.type(this.unfolded(within.getByLabel(/^Label( \(optional\))?$/)), label);
    // With its label, where the key has one.
    const button = within.getByRole('button', { name: new RegExp(`^Save key for ${provider}( \\(\\w+\\))?$`) });
    await this.hand.press(this.unfolded(button));
  }

  /** Saves a key in the form that every provider can be chosen in. */
  async add(provider: string, apiKey: string, label?: string): Promise<void> {
    const choices = this.page.locator('.byok-choices');
    await this.hand.choose(choices, provider);
    await this.save(provider, apiKey, choices, label);
  }

  async addAnother(provider: string, apiKey: string, label: string): Promise<void> {
    await this.unfold(provider, `Add another key for ${provider}`);
    await this.save(provider, apiKey, this.card(provider), label);
  }

  async replace(provider: string, apiKey: string, label?: string): Promise<void> {
    await this.unfold(provider, `Replace the key for ${called(provider, label)}`);
    await this.save(provider, apiKey);
  }

  async askToDelete(provider: string, label?: string): Promise<void> {
    await this.unfold(provider, `Delete the key for ${called(provider, label)}`);
    await this.unfolded(this.page.getByText(/^Delete the key …\w{4} for .* This cannot be undone\.$/)).waitFor();
  }

  async confirm(provider: string, label?: string): Promise<void> {
    const place = this.scripted ? this.page.getByRole('dialog') : this.card(provider);
    const name = `Delete the key for ${called(provider, label)}`;
    await this.hand.press(place.getByRole('button', { name, exact: true }));
  }

  async clearAll(): Promise<void> {
    await this.hand.press(this.page.getByRole('link', { name: 'Delete all keys' }));
    await this.heading('Delete all keys');
    await this.hand.press(this.button('Delete all keys'));
  }

  async send(message: string): Promise<void> {
    await this.hand.type(this.page.getByLabel('Message'), message);
    await this.hand.press(this.button('Send'));
  }

  private button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  private unfold(provider: string, label: string): Promise<void> {
    return this.hand.press(this.card(provider).locator(`summary[aria-label="${label}"]`));
  }

  /** Of several, that which is not folded away. */
  private unfolded(target: Locator): Locator {
    return target.filter({ visible: true }).first();
  }
}
