export { AssetsController } from './assets.controller.js';
export { DashboardPages } from './dashboard-pages.js';
export { DashboardController } from './dashboard.controller.js';
