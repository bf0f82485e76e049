import { isIP } from 'node:net';
import { resolve } from 'node:path';

export const OPENAI_URL = 'https://api.openai.com/v1';

/** What the environment says. */
export interface Settings {
  port: number;
  production: boolean;
  /** `undefined`: an embedded Postgres in `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  /** Newest first. `undefined`: one is made and kept in `dataDir`. */
  secrets: string[] | undefined;
  openaiUrl: string;
  anthropicUrl: string;
  providerTimeoutMs: number;
  /** Addresses of proxies that are believed what they say of the client. */
  trustProxy: string[];
  /** Where browsers find the application, when that is not localhost. */
  publicOrigin: string | undefined;
}

/** @throws {Error} saying what to write instead; it quotes nothing that could hold a password */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const production = env.NODE_ENV === 'production';
  const secrets = list(env.BYOK_SECRET);
  if (secrets.length === 0 && production) {
    throw new Error(
      'BYOK_SECRET is not set. Stored keys are encrypted with it, so in production it has to come from your secrets. ' +
        `Make one with:\n  node -e "import('nestjs-byok').then((m) => console.log(m.EncryptionService.generateSecret()))"`,
    );
  }
  return {
    port: number('PORT', env.PORT || '3000', 65_535),
    production,
    databaseUrl: databaseUrl(env.DATABASE_URL),
    dataDir: resolve(env.BYOK_DATA_DIR || './data'),
    secrets: secrets.length > 0 ? secrets : undefined,
    openaiUrl: httpUrl('OPENAI_BASE_URL', env.OPENAI_BASE_URL || OPENAI_URL),
    anthropicUrl: httpUrl('ANTHROPIC_BASE_URL', env.ANTHROPIC_BASE_URL || 'https://api.anthropic.com'),
    providerTimeoutMs: number('PROVIDER_TIMEOUT_MS', env.PROVIDER_TIMEOUT_MS || '60000', 600_000),
    trustProxy: proxies(env.TRUST_PROXY),
    publicOrigin: env.PUBLIC_URL ? new URL(httpUrl('PUBLIC_URL', env.PUBLIC_URL)).origin : undefined,
  };
}

function list(text = ''): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean);
}

function number(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw new Error(`${name} has to be a whole number up to ${max}.`);
  return value;
}

function databaseUrl(text: string | undefined): string | undefined {
  if (!text) return undefined;
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error(
      'DATABASE_URL has to look like postgres://user:password@host:5432/database, with special characters of the ' +
        'password percent-encoded. Without it, the sample starts a Postgres of its own.',
    );
  }
  return text;
}

function httpUrl(name: string, text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error(`${name} has to be a URL that begins with https:// or http://.`);
  }
  return text.replace(/\/+$/, '');
}

/** Express would take `true` and a number of hops too; with these a client could say what it likes. */
function proxies(text: string | undefined): string[] {
  const names = ['loopback', 'linklocal', 'uniquelocal'];
  const addresses = list(text);
  for (const address of addresses) {
    if (names.includes(address) || isIP(address.replace(/\/[1-9]\d?\d?$/, ''))) continue;
    throw new Error(
      "TRUST_PROXY has to be the proxy's address, or several with commas between: 10.0.0.7, 10.0.0.0/8 or loopback.",
    );
  }
  return addresses;
}
