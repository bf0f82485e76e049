export { type AssertPublicUrlOptions, type PublicUrl, assertPublicUrl } from './assert-public-url.js';
export { type PublicUrlRules, checkBaseUrl, hostOf, isApiAddress } from './public-host.js';
export { SavedUrlCheck } from './saved-url-check.js';
