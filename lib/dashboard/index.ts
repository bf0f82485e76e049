export { DashboardGuards } from './dashboard-guards.guard.js';
export { DashboardController } from './dashboard.controller.js';
export { DashboardPages } from './dashboard-pages.js';
