import { ByokModule, type KeyForms, type ByokRequest, type StoredKey } from 'nestjs-byok';
import { redact } from 'nestjs-byok/logging';
import { KeyStorage, type KeyRecord, type KeyScope } from 'nestjs-byok/storage';
import { Alert, KeyInputForm, KeyManagementCard, KeyManagerDashboard, renderToString } from 'nestjs-byok/views';

// Compiled under the strictest settings: what is optional may be undefined too.

export async function page(forms: KeyForms, request: ByokRequest, keys: StoredKey[], locale?: string): Promise<string> {
  const notice = await forms.takeNotice(request);
  const { csrfToken, returnTo } = await forms.state(request);
  return renderToString(
    <main>
      {notice && <Alert message={notice.text} kind={notice.kind} locale={locale} />}
      <KeyInputForm provider="openai" csrfToken={csrfToken} returnTo={returnTo} error={notice?.refusal?.message} />
      <KeyManagementCard provider="openai" storedKey={keys[0]} csrfToken={csrfToken} />
      <KeyManagerDashboard keys={keys} csrfToken={csrfToken} refusal={notice?.refusal} locale={locale} />
    </main>,
  );
}

export const byok = ByokModule.forRoot({
  secret: process.env['BYOK_SECRET']!,
  db: process.env['DATABASE_URL'],
  dashboard: { title: process.env['TITLE'], messages: { save: 'Keep', keyCount: { other: '{count}' } } },
});

export async function count(storage: KeyStorage, scope: KeyScope, record: KeyRecord): Promise<number> {
  await storage.put(scope, record, 10);
  return (await storage.list(scope)).length;
}

export const token: symbol = KeyStorage;
export const quiet: string = redact('a text');
