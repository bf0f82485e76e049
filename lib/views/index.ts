export { DashboardPage, type DashboardPageProps } from './dashboard-page.js';
export { ErrorPage } from './error-page.js';
export { formatProviderName } from './format.js';
export { KeyInputForm, type KeyInputFormProps } from './key-input-form.js';
export { KeyRequiredPage, type KeyRequiredPageProps } from './key-required-page.js';
export { renderDocument, renderToString } from './render.js';
