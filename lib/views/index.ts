export { type ByokAsset, type ByokAssets, byokAssets, scriptUrl, stylesheetUrl } from './assets.js';
export { AlertStack, type AlertStackProps } from './components/alert-stack.js';
export { Alert, type AlertKind, type AlertProps } from './components/alert.js';
export { ErrorIcon, type IconProps, InfoIcon, SuccessIcon, WarningIcon } from './components/icons.js';
export { InlineKeyInput, type InlineKeyInputProps } from './components/inline-key-input.js';
export { KeyInputForm, type KeyInputFormProps } from './components/key-input-form.js';
export { KeyManagementCard, type KeyManagementCardProps } from './components/key-management-card.js';
export { KeyManagerDashboard, type KeyManagerDashboardProps } from './components/key-manager-dashboard.js';
export {
  type KeyChange,
  KeyStatusNotification,
  type KeyStatusNotificationProps,
} from './components/key-status-notification.js';
export { MultiProviderKeyForm, type MultiProviderKeyFormProps } from './components/multi-provider-key-form.js';
export { SecurityAlert, type SecurityAlertProps, type Severity } from './components/security-alert.js';
export { Toast, ToastContainer, type ToastContainerProps, type ToastProps } from './components/toast.js';
export { ValidationMessage, type ValidationMessageProps } from './components/validation-message.js';
export { directionOf } from './format/intl.js';
export { type ProviderFacts, type ProviderInfo, formatProviderName, getProviderInfo } from './format/provider.js';
export { type Moment, formatExpiration, formatKeyAge } from './format/time.js';
export { type ReaderProps, type Translate, translator } from './translate.js';
export { clearPage } from './pages/clear-page.js';
export { type FormNotice, dashboardPage } from './pages/dashboard-page.js';
export { errorPage } from './pages/error-page.js';
export { keyRequiredPage } from './pages/key-required-page.js';
export { keyUnusablePage } from './pages/key-unusable-page.js';
export { Page, pageContent } from './pages/page.js';
export type { SharedKeys } from './pages/shared-keys.js';
export type { ExtraField } from './parts/extra-fields.js';
export type { FormStateProps } from './parts/form-state.js';
export type { HeadingLevel } from './parts/heading.js';
export type { Refusal } from './parts/refusal.js';
export { safeUrl } from './parts/safe-url.js';
export type { StoredKeyView } from './parts/stored-key-view.js';
export { renderDocument, renderToString } from './render.js';
