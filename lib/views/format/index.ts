export { anyOf, directionOf } from './intl.js';
export { formatProviderName, getProviderInfo, type ProviderFacts, type ProviderInfo } from './provider.js';
export { formatExpiration, formatKeyAge, formatMoment, machineTime, timeLeft, timeOf, type Moment } from './time.js';
