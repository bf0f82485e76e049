/** A text in its plural forms, as `Intl.PluralRules` names them. @publicApi */
export type PluralMessage = { readonly other: string } & { readonly [Rule in Intl.LDMLPluralRule]?: string };

/** The name of a text. @publicApi */
export type MessageKey = keyof Messages;

/**
 * All texts of the components and pages in one language. Placeholders are written `{name}`.
 *
 * @example
 * ```tsx
 * const messages: Partial<Messages> = { save: 'Keep it' }; // the other texts come from the reader's language
 * ```
 *
 * @publicApi
 */
export interface Messages {
  readonly keyOf: string;
  readonly keyPlaceholder: string;
  readonly keyHelp: string;
  readonly keySource: string;
  readonly save: string;
  readonly saveKey: string;
  readonly saveKeyOf: string;
  readonly showKey: string;
  readonly hideKey: string;
  readonly optional: string;
  readonly label: string;
  readonly labelHelp: string;
  readonly provider: string;
  readonly otherProvider: string;
  readonly providerId: string;
  readonly providerIdHelp: string;
  readonly formatGood: string;
  readonly formatBad: string;
  readonly formatPrefix: string;

  readonly labelled: string;
  readonly key: string;
  readonly extraValues: string;
  readonly added: string;
  readonly replaced: string;
  readonly expires: string;
  readonly lastUsed: string;
  readonly never: string;
  readonly justNow: string;
  readonly unknown: string;
  readonly noKey: string;
  readonly replace: string;
  readonly replaceKeyOf: string;
  readonly replaceHelp: string;
  readonly delete: string;
  readonly deleteKeyOf: string;
  readonly deleteQuestion: string;
  readonly addAnother: string;
  readonly addAnotherFor: string;
  readonly cancel: string;
  readonly statusNone: string;
  readonly statusActive: string;
  readonly statusExpired: string;
  readonly statusUnreadable: string;
  readonly unreadableHelp: string;
  readonly expiredHelp: string;
  readonly expiresSoonHelp: string;
  readonly unreadableReplace: string;
  readonly lastUsedWhen: string;
  readonly neverUsed: string;
  readonly acceptedWhen: string;
  readonly acceptedNoCredit: string;
  readonly acceptedRestricted: string;
  readonly refusedWhen: string;
  readonly notChecked: string;
  readonly couldNotCheck: string;
  readonly refusedHelp: string;
  readonly noCreditHelp: string;
  readonly checkNow: string;
  readonly checkNowOf: string;
  readonly expiredWhen: string;
  readonly manage: string;
  readonly manageKeyOf: string;
  readonly edit: string;
  readonly editKeyOf: string;
  readonly saveChanges: string;
  readonly saveChangesOf: string;
  readonly defaultKey: string;
  readonly makeDefault: string;
  readonly makeDefaultOf: string;
  readonly fieldStored: string;
  readonly addressHelp: string;
  readonly expiresOn: string;
  readonly expiresOnHelp: string;

  readonly expiresNever: string;
  readonly expired: string;
  readonly expiresIn: string;
  readonly expiresInOn: string;
  readonly whenOn: string;

  readonly dashboardTitle: string;
  readonly dashboardIntro: string;
  readonly keyCount: PluralMessage;
  readonly addKey: string;
  readonly dashboardEmpty: string;
  readonly storedKeys: string;
  readonly filterProviders: string;
  readonly noProviderFound: string;

  readonly securityAlert: string;
  readonly severityLow: string;
  readonly severityMedium: string;
  readonly severityHigh: string;
  readonly severityCritical: string;
  readonly fixNow: string;
  readonly dismiss: string;
  readonly notifications: string;
  readonly moreAlerts: PluralMessage;
  readonly keyAdded: string;
  readonly keyUpdated: string;
  readonly keyEdited: string;
  readonly keyChosen: string;
  readonly keyDeleted: string;
  readonly keyExpired: string;
  readonly keyInvalid: string;
  readonly keyShown: string;

  readonly keyRequiredTitle: string;
  readonly keyRequired: string;
  readonly sharedKeyRequired: string;
  readonly platformKeyAdvice: string;
  readonly sharedKeyAdvice: string;
  readonly sharedKeys: string;
  readonly clearAllOf: string;
  readonly storedSharedKeys: string;
  readonly sharedKeysMember: string;
  readonly sharedKeysManager: string;
  readonly forbiddenText: string;
  readonly manageKeys: string;
  readonly keyRefusedHeading: string;
  readonly keyRefusedAdvice: string;
  readonly keyNoCreditHeading: string;
  readonly keyNoCreditAdvice: string;
  readonly keyRestrictedHeading: string;
  readonly keyRestrictedAdvice: string;
  readonly keyInQuestion: string;
  readonly keysAt: string;
  readonly accountAt: string;

  readonly keysDeleted: PluralMessage;
  readonly noSuchKey: string;
  readonly fillInKey: string;
  readonly keyLimit: string;
  readonly inputRefused: string;
  readonly providerRefused: string;
  readonly notOffered: string;
  readonly keyRefused: string;
  readonly keyTooShort: string;
  readonly keyTooLong: string;
  readonly keyAgain: string;
  readonly keyMasked: string;
  readonly keyIsAddress: string;
  readonly keyIsFile: string;
  readonly keyIsPlaceholder: string;
  readonly keySpaces: string;
  readonly keyCharacters: string;
  readonly keyWrapped: string;
  readonly keyNotJson: string;
  readonly keyOfOther: string;
  readonly keyRefusedBy: string;
  readonly keyNotChecked: string;
  readonly keyAccepted: string;
  readonly keyAcceptedNoCredit: string;
  readonly keyAcceptedRestricted: string;
  readonly keyNotCheckable: string;
  readonly keyRefusedNow: string;
  readonly keyPrefixDoubt: string;
  readonly keyChangedMeanwhile: string;
  readonly keyAsName: string;
  readonly labelRefused: string;
  readonly fieldsRefused: string;
  readonly fieldNeeded: string;
  readonly fieldTooLong: string;
  readonly fieldLines: string;
  readonly addressRefused: string;
  readonly expiryRefused: string;
  readonly labelNeeded: string;
  readonly labelTaken: string;
  readonly clearAll: string;
  readonly clearQuestion: PluralMessage;
  readonly security: string;
  readonly connection: string;
  readonly connectionSecure: string;
  readonly connectionOpen: string;
  readonly storage: string;
  readonly storageDatabase: string;
  readonly storageSession: string;
  readonly expiryPolicy: string;
  readonly expiryNone: string;
  readonly expiryAfter: string;
  readonly activity: string;
  readonly noActivity: string;
  readonly actionStored: string;
  readonly actionReplaced: string;
  readonly actionUpdated: string;
  readonly actionDeleted: string;
  readonly actionExpired: string;
  readonly actionUsed: string;
  readonly actionDenied: string;
  readonly actionDecryptFailed: string;
  readonly actionAccepted: string;
  readonly actionRefused: string;
  readonly actionRotated: string;
  readonly times: PluralMessage;
  readonly signIn: string;
  readonly signInTitle: string;
  readonly signInText: string;
  readonly refusedTitle: string;
  readonly formOutdated: string;
  readonly httpsText: string;
  readonly notFoundTitle: string;
  readonly notFoundText: string;
  readonly tooLargeTitle: string;
  readonly tooLargeText: string;
  readonly tooOftenTitle: string;
  readonly tooOftenText: string;
  readonly unavailableTitle: string;
  readonly unavailableText: string;
  readonly notDoneTitle: string;
  readonly notDoneText: string;
}
