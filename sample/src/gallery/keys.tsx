import { KeyManagementCard, KeyManagerDashboard, type StoredKeyView } from 'nestjs-byok/views';
import { DAY, PROVIDERS } from './examples.js';
import type { Shown } from './gallery.page.js';

/** Stored keys. A card's ids are made from its provider, so each here has a provider of its own. */
export function keys(theme: string): Shown[] {
  const now = new Date();
  const at = (days: number): Date => new Date(now.getTime() + days * DAY);
  const card = (name: string, state: string, stored?: StoredKeyView | StoredKeyView[], more = {}): Shown => ({
    name: `KeyManagementCard, ${name}`,
    content: (
      <KeyManagementCard
        provider={`${theme}-${state}`}
        providerConfig={{ ...PROVIDERS.openai, name: `OpenAI (${state}, ${theme})` }}
        keys={stored ? [stored].flat() : []}
        now={now}
        headingLevel={4}
        {...more}
      />
    ),
  });
  const active = { hint: '…1f9c', createdAt: at(-40), updatedAt: at(-3), expiresAt: at(50), lastUsedAt: at(-0.1) };
  return [
    card('no key', 'empty'),
    card('active', 'active', active),
    card('never expires, never used', 'new', { hint: '…77aa', createdAt: now, updatedAt: now, expiresAt: null }),
    card('expired', 'expired', { ...active, hint: '…0e0e', expiresAt: at(-1) }),
    card('unreadable', 'unreadable', { ...active, hint: '…9b9b', status: 'unreadable' }),
    card('extra values', 'values', { ...active, fieldNames: ['endpoint', 'organisation'] }),
    card('several keys', 'several', [active, { ...active, label: 'work', hint: '…2b2b' }], { allowMore: true }),
    card('read only', 'fixed', active, { replaceAction: null, deleteAction: null }),
    {
      name: 'KeyManagerDashboard',
      content: (
        <KeyManagerDashboard
          id={`${theme}-dashboard`}
          title={`All keys, ${theme}`}
          headingLevel={4}
          providers={[`${theme}-first`, `${theme}-second`]}
          providerConfig={{
            [`${theme}-first`]: { ...PROVIDERS.openai, name: `OpenAI, ${theme}` },
            [`${theme}-second`]: { ...PROVIDERS.anthropic, name: `Anthropic, ${theme}` },
          }}
          keys={[{ ...active, provider: `${theme}-first` }]}
          now={now}
        />
      ),
    },
  ];
}
