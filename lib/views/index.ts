export { AlertStack, type AlertStackProps } from './alert-stack.js';
export { Alert, type AlertKind, type AlertProps } from './alert.js';
export { byokAssets, scriptUrl, stylesheetUrl, type ByokAsset, type ByokAssets } from './assets.js';
export { clearPage } from './clear-page.js';
export { dashboardPage, type FormNotice } from './dashboard-page.js';
export { errorPage } from './error-page.js';
export type { ExtraField } from './extra-fields.js';
export type { FormStateProps } from './form-state.js';
export {
  formatExpiration,
  formatKeyAge,
  formatProviderName,
  getProviderInfo,
  type Moment,
  type ProviderFacts,
  type ProviderInfo,
} from './format/index.js';
export type { HeadingLevel } from './heading.js';
export { ErrorIcon, InfoIcon, SuccessIcon, WarningIcon, type IconProps } from './icons.js';
export { InlineKeyInput, type InlineKeyInputProps } from './inline-key-input.js';
export { KeyInputForm, type KeyInputFormProps } from './key-input-form.js';
export { KeyManagementCard, type KeyManagementCardProps } from './key-management-card.js';
export { KeyManagerDashboard, type KeyManagerDashboardProps } from './key-manager-dashboard.js';
export { keyRequiredPage } from './key-required-page.js';
export { Page, pageContent } from './page.js';
export { translator, type Translate } from './messages/index.js';
export { directionOf } from './format/index.js';
export { KeyStatusNotification, type KeyChange, type KeyStatusNotificationProps } from './key-status-notification.js';
export { messages, type MessageKey, type Messages, type PluralMessage, type ReaderProps } from './messages/index.js';
export { MultiProviderKeyForm, type MultiProviderKeyFormProps } from './multi-provider-key-form.js';
export { renderDocument, renderToString } from './render.js';
export { safeUrl } from './safe-url.js';
export { SecurityAlert, type SecurityAlertProps, type Severity } from './security-alert.js';
export type { StoredKeyView } from './stored-key-item.js';
export { Toast, ToastContainer, type ToastContainerProps, type ToastProps } from './toast.js';
export { ValidationMessage, type ValidationMessageProps } from './validation-message.js';
