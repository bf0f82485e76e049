import type { ProviderConfig } from '../interfaces/index.js';

/**
 * A provider's name for people: the configured one, else made from the identifier (`open-router` gives `Open Router`).
 *
 * @publicApi
 */
export function formatProviderName(provider: string, config?: ProviderConfig): string {
  if (config?.name) return config.name;
  return provider
    .split(/[-_.]+/)
    .filter(Boolean)
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join(' ');
}
