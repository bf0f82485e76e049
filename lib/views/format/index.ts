export { anyOf, directionOf } from './intl.js';
export { configOf, formatProviderName, getProviderInfo, type ProviderFacts, type ProviderInfo } from './provider.js';
export { formatExpiration, formatKeyAge, formatMoment, timeLeft, timeOf, type Moment } from './time.js';
