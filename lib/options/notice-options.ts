import type { ByokModuleOptions, NoticeOptions, ResolvedByokOptions } from '../interfaces/index.js';
import { assertKnownKeys, integerOption, objectOption } from './option-checks.js';

/** @throws ConfigurationError @internal */
export function checkNotices(notices: ByokModuleOptions['notices']): ResolvedByokOptions['notices'] {
  if (notices === undefined || notices === null) return null;
  const given = objectOption('notices', notices, 'null or ');
  assertKnownKeys('notices.', given, ['expiringWithin', 'unusedFor']);
  const age = (name: keyof NoticeOptions) =>
    given[name] == null ? null : integerOption(`notices.${name}`, given[name], 'milliseconds, or null');
  return Object.freeze({ expiringWithin: age('expiringWithin'), unusedFor: age('unusedFor') });
}
