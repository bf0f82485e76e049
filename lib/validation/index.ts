export { isFieldName, isLabel, isLines, isProviderName, isText, matches, MAX_LINES_BYTES } from './names.js';
