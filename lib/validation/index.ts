export { isApiKey, isFieldName, isLabel, isProviderName, isText } from './names.js';
