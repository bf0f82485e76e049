export { type KnownProviderId } from './ids.js';
export { knownProvider, knownProviderIds, knownProviders, type KnownProviderOverrides } from './known-providers.js';
