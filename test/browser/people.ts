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
    const checked = choices.locator('[type=radio]:checked');
    const isNew = (await checked.count()) === 0;
    await tabTo(isNew ? choices.getByRole('radio').first() : checked);
    if (isNew) await choices.page().keyboard.press('Space');
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

  /** The rows of a provider's keys, or that of the key with a label. */
  row(provider: string, label?: string): Locator {
    const name = this.page.locator('strong').getByText(provider, { exact: true });
    const rows = this.page.locator('.byok-row').filter({ has: name });
    return label === undefined ? rows : rows.filter({ has: this.page.getByText(label, { exact: true }) });
  }

  /** Waits until a row shows the end of a key. */
  async sees(provider: string, hint: string): Promise<void> {
    await this.row(provider).locator('code').getByText(hint, { exact: true }).waitFor();
  }

  async seesNoKey(provider: string): Promise<void> {
    await this.page.getByRole('heading', { name: 'Add a key', exact: true }).waitFor();
    await this.row(provider).waitFor({ state: 'detached' });
  }

  /** Saves a key in the form that is open. */
  async save(provider: string, apiKey: string, within: Page | Locator = this.page, label?: string): Promise<void> {
    await this.hand.type(this.unfolded(within.getByLabel(`${provider} API key`, { exact: true })), apiKey);
    if (label !== undefined) await this.hand.type(this.unfolded(within.getByLabel(/^Label( \(optional\))?$/)), label);
    // With its label, where the key has one.
    const button = within.getByRole('button', { name: new RegExp(`^Save key for ${provider}( \\(\\w+\\))?$`) });
    await this.hand.press(this.unfolded(button));
  }

  /** Saves a key in the form of the provider that is chosen. */
  async add(provider: string, apiKey: string, label?: string): Promise<void> {
    const choices = this.page.locator('.byok-choices');
    await this.hand.choose(choices, provider);
    await this.save(provider, apiKey, choices, label);
  }

  async replace(provider: string, apiKey: string, label?: string): Promise<void> {
    await this.unfold(provider, label, `Replace the key for ${called(provider, label)}`);
    await this.save(provider, apiKey, this.row(provider, label));
  }

  /** Gives a key another label. */
  async rename(provider: string, label: string, newLabel: string): Promise<void> {
    await this.unfold(provider, label, `Edit the key for ${called(provider, label)}`);
    const row = this.row(provider, label);
    await this.hand.type(this.unfolded(row.getByLabel(/^Label/)), newLabel);
    await this.hand.press(row.getByRole('button', { name: /^Save changes/ }));
    await this.row(provider, newLabel).waitFor();
  }

  async makeDefault(provider: string, label: string): Promise<void> {
    await this.manage(provider, label);
    await this.hand.press(this.row(provider, label).getByRole('button', { name: /^Make default/ }));
    await this.row(provider, label).getByText('Default', { exact: true }).waitFor();
  }

  async askToDelete(provider: string, label?: string): Promise<void> {
    await this.unfold(provider, label, `Delete the key for ${called(provider, label)}`);
    await this.unfolded(this.page.getByText(/^Delete the key …\w{4} for .* This cannot be undone\.$/)).waitFor();
  }

  async confirm(provider: string, label?: string): Promise<void> {
    const place = this.scripted ? this.page.getByRole('dialog') : this.row(provider, label);
    const name = `Delete the key for ${called(provider, label)}`;
    await this.hand.press(place.getByRole('button', { name, exact: true }).last());
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

  private async manage(provider: string, label: string | undefined): Promise<void> {
    const actions = this.row(provider, label).locator('.byok-row-actions');
    if ((await actions.getAttribute('open')) !== null) return;
    await this.hand.press(actions.locator(`summary[aria-label="Manage the key for ${called(provider, label)}"]`));
  }

  private async unfold(provider: string, label: string | undefined, name: string): Promise<void> {
    await this.manage(provider, label);
    const summary = this.row(provider, label).locator(`summary[aria-label="${name}"]`);
    if ((await summary.locator('..').getAttribute('open')) === null) await this.hand.press(summary);
  }

  /** Of several, that which is not folded away. */
  private unfolded(target: Locator): Locator {
    return target.filter({ visible: true }).first();
  }
}
