import { expect } from '@jest/globals';
import type { SnippetApp } from '../../support/snippet-app.js';

/** Sends a form without a key for OpenAI, whose form the page has, and for another; each refusal is told once. */
export async function tellsRefusalsOnce(app: SnippetApp, refusal: string): Promise<void> {
  const show = async (): Promise<string> => (await app.send('mia', 'GET', '/settings')).body.text as string;
  const [, csrf] = /name="_csrf" value="([^"]+)"/.exec(await show())!;
  for (const provider of ['openai', 'anthropic']) {
    await app.byok.setKey({ userId: 'mia' }, provider, 'an-example-of-an-api-key-1f9c');
    const sent = await fetch(`${app.url}/byok/keys/${provider}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'x-test-user': 'mia', 'sec-fetch-site': 'same-origin', cookie: app.cookie()! },
      body: new URLSearchParams({ _csrf: csrf, return_to: '/settings', api_key: '' }),
    });
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/settings']);
    const page = await show();
    // Beside its own form, or else above.
    expect(page.split(refusal)).toHaveLength(2);
    expect(page.includes('aria-invalid="true"')).toBe(provider === 'openai');
  }
}
