import { isIP } from 'node:net';

export const OPENAI_URL = 'https://api.openai.com/v1';

/** The environment variables, checked. */
export interface Settings {
  port: number;
  production: boolean;
  databaseUrl: string;
  /** Newest first. */
  secrets: string[];
  openaiUrl: string;
  anthropicUrl: string;
  providerTimeoutMs: number;
  /** Addresses of proxies whose `x-forwarded-*` headers are trusted. */
  trustProxy: string[];
  /** The application's address in browsers, unless it is localhost. */
  publicOrigin: string | undefined;
}

/** @throws {Error} with what to write instead; it quotes nothing that could contain a password */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const secrets = list(env.BYOK_SECRET);
  if (secrets.length === 0) {
    throw new Error(
      'BYOK_SECRET is not set. It encrypts the stored keys. Make one with: npx nestjs-byok generate-secret',
    );
  }
  return {
    port: number('PORT', env.PORT || '3000', 65_535),
    production: env.NODE_ENV === 'production',
    databaseUrl: databaseUrl(env.DATABASE_URL),
    secrets,
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
  if (!/^\d+$/.test(text) || value > max) throw new Error(`${name} must be a whole number up to ${max}.`);
  return value;
}

function databaseUrl(text = ''): string {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error(
      'DATABASE_URL must look like postgres://user:password@host:5432/database, with special characters in the ' +
        'password percent-encoded. Without DATABASE_URL, `npm start` starts a PostgreSQL server.',
    );
  }
  return text;
}

function httpUrl(name: string, text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new Error(`${name} must be a URL that begins with https:// or http://.`);
  }
  return text.replace(/\/+$/, '');
}

/** Express accepts `true` and a number of hops too, but those let clients forge their address. */
function proxies(text: string | undefined): string[] {
  const names = ['loopback', 'linklocal', 'uniquelocal'];
  const addresses = list(text);
  for (const address of addresses) {
    if (names.includes(address) || isIP(address.replace(/\/[1-9]\d?\d?$/, ''))) continue;
    throw new Error(
      'TRUST_PROXY must be the address of the proxy, or several separated by commas: 10.0.0.7, 10.0.0.0/8 or loopback.',
    );
  }
  return addresses;
}
