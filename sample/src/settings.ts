import { resolve } from 'node:path';

/** What the environment says. */
export interface Settings {
  port: number;
  /** `undefined`: an embedded Postgres in `dataDir`. */
  databaseUrl: string | undefined;
  dataDir: string;
  /** Newest first. `undefined`: one is made and kept in `dataDir`. */
  secrets: string[] | undefined;
  openaiUrl: string;
  anthropicUrl: string;
}

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const secrets = (env.BYOK_SECRET ?? '')
    .split(',')
    .map((secret) => secret.trim())
    .filter(Boolean);
  if (secrets.length === 0 && env.NODE_ENV === 'production') {
    throw new Error(
      'BYOK_SECRET is not set. Stored keys are encrypted with it, so in production it has to come from your secrets. ' +
        `Make one with:\n  node -e "import('nestjs-byok').then((m) => console.log(m.EncryptionService.generateSecret()))"`,
    );
  }
  return {
    port: readPort(env.PORT),
    databaseUrl: env.DATABASE_URL || undefined,
    dataDir: resolve(env.BYOK_DATA_DIR || './data'),
    secrets: secrets.length > 0 ? secrets : undefined,
    openaiUrl: withoutSlash(env.OPENAI_BASE_URL || 'https://api.openai.com/v1'),
    anthropicUrl: withoutSlash(env.ANTHROPIC_BASE_URL || 'https://api.anthropic.com'),
  };
}

function readPort(text = '3000'): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`PORT has to be a number up to 65535, for example 3000.`);
  return port;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
