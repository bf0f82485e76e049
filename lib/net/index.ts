export { assertPublicUrl, type AssertPublicUrlOptions, type PublicUrl } from './assert-public-url.js';
export { checkPublicUrl, type PublicUrlRules } from './public-host.js';
export { SavedHosts } from './saved-hosts.js';
