/** Injection token of the checked options, see `ResolvedByokOptions`. @internal */
export const BYOK_OPTIONS = Symbol('BYOK_OPTIONS');

/** What a handler or class needs, see `KeyRequirement`. @internal */
export const REQUIREMENTS_METADATA = 'byok:requirements';
