import { KeyManagementCard, KeyStatusNotification, MultiProviderKeyForm, SecurityAlert } from 'nestjs-byok/views';
import { DAY, PROVIDERS } from './examples.js';
import type { Shown } from './gallery.page.js';

const LONG = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft';

/** Other languages, the other direction, and names as long as they get. */
export function languages(theme: string): Shown[] {
  const now = new Date();
  const key = {
    hint: '…1f9c',
    createdAt: new Date(now.getTime() - DAY),
    expiresAt: new Date(now.getTime() + 90 * DAY),
  };
  const card = (locale: string, provider: string, name: string, label?: string) => (
    <KeyManagementCard
      {...{ locale, provider, now }}
      providerConfig={{ ...PROVIDERS.azure, name }}
      keys={[{ ...key, label, fieldNames: ['endpoint'] }]}
      headingLevel={4}
      allowMore
    />
  );
  return [
    { name: 'KeyManagementCard in German', content: card('de', `${theme}-german`, `Azure (${theme})`, 'Arbeit') },
    { name: 'KeyManagementCard, long names', content: card('en', `${theme}-long`, `${LONG} (${theme})`, LONG) },
    {
      name: 'MultiProviderKeyForm in German, long names',
      content: (
        <MultiProviderKeyForm
          locale="de"
          id={`${theme}-german-choice`}
          providers={['openai', 'long']}
          providerConfig={{
            openai: { ...PROVIDERS.openai, name: `OpenAI, deutsch (${theme})` },
            long: { name: `${LONG}, deutsch (${theme})` },
          }}
          defaultProvider="long"
          allowOther
        />
      ),
    },
    {
      name: 'Alerts in German',
      content: [
        <SecurityAlert key="alert" locale="de" severity="high" message="Diese Seite ist nicht verschlüsselt." />,
        <KeyStatusNotification
          key="notified"
          locale="de"
          provider={LONG}
          status="updated"
          hint="…1f9c"
          autoDismiss={false}
        />,
      ],
    },
    {
      name: 'KeyManagementCard from right to left',
      content: <div dir="rtl">{card('ar', `${theme}-arabic`, `Azure (rtl, ${theme})`, 'عمل')}</div>,
    },
    {
      name: 'KeyStatusNotification from right to left',
      content: (
        <div dir="rtl">
          <KeyStatusNotification
            locale="he"
            provider={`${theme}-rtl`}
            status="added"
            hint="…1f9c"
            autoDismiss={false}
          />
        </div>
      ),
    },
  ];
}
