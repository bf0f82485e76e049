import type { ProviderConfig } from 'nestjs-byok';

export const DAY = 24 * 60 * 60 * 1000;

/** What the components of the gallery know of providers. */
export const PROVIDERS = {
  openai: { name: 'OpenAI', placeholder: 'sk-…', keyPrefix: 'sk-', docsUrl: 'https://platform.openai.com/api-keys' },
  anthropic: { name: 'Anthropic', placeholder: 'sk-ant-…', keyPrefix: 'sk-ant-' },
  azure: {
    name: 'Azure OpenAI',
    fields: {
      endpoint: { label: 'Endpoint', type: 'url', required: true, placeholder: 'https://….openai.azure.com' },
      organisation: { label: 'Organisation' },
    },
  },
} satisfies Record<string, ProviderConfig>;

/** The same with the theme in their names: no two forms of a page may be called the same. */
export function providersOf(theme: string): Record<string, ProviderConfig> {
  return Object.fromEntries(
    Object.entries(PROVIDERS).map(([id, config]) => [id, { ...config, name: `${config.name} (${theme})` }]),
  );
}
