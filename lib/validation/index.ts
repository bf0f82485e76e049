export { isFieldName, isLabel, isProviderName, isText } from './names.js';
