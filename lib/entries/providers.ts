/**
 * `nestjs-byok/providers`: a catalogue of providers, each with a check of its keys and a reader of its refusals.
 *
 * @packageDocumentation
 */
export type {
  CheckFetch,
  CheckRequest,
  FailureReader,
  KeyChecker,
  KeyFormat,
  KeyOutcome,
  KeyToCheck,
  KeyVerdict,
  KeyVerdictReason,
  ProviderConfig,
  ProviderFailure,
  ProviderField,
} from '../interfaces/index.js';
export {
  knownProvider,
  knownProviderIds,
  knownProviders,
  type KnownProviderId,
  type KnownProviderOverrides,
} from '../providers/index.js';
