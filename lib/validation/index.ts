export { isFieldName, isLabel, isLines, isProviderName, isText, MAX_LINES_BYTES } from './names.js';
