export { areSources, isSharedKind, PLATFORM_SOURCE, USER_SOURCE } from './key-sources.js';
export { isFieldName, isLabel, isLines, isProviderName, isText, matches, MAX_LINES_BYTES } from './names.js';
export { isKeyOutcome, isVerdictReason } from './verdicts.js';
export { isHostOf, parseUrl } from './urls.js';
