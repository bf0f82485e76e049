export { AssetsController } from './assets.controller.js';
export { DashboardPages } from './dashboard-pages.js';
export { KeyFormActions } from './key-form-actions.js';
export { DashboardController } from './dashboard.controller.js';
