import {
  Alert,
  AlertStack,
  ErrorIcon,
  InfoIcon,
  KeyStatusNotification,
  SecurityAlert,
  SuccessIcon,
  Toast,
  ToastContainer,
  WarningIcon,
  type AlertKind,
  type KeyChange,
  type Severity,
} from 'nestjs-byok/views';
import { PROVIDERS } from './examples.js';
import type { Shown } from './gallery.page.js';

const KINDS: AlertKind[] = ['info', 'success', 'warning', 'error'];
const SEVERITIES: Severity[] = ['low', 'medium', 'high', 'critical'];
const CHANGES: KeyChange[] = ['added', 'updated', 'deleted', 'expired', 'invalid'];

/** Alerts and notifications. */
export function alerts(theme: string): Shown[] {
  const styles = [undefined, 'soft', 'outline'] as const;
  const message = 'Only its last characters are ever shown.';
  return [
    ...styles.map((style) => ({
      name: `Alert, ${style ?? 'filled'}`,
      content: KINDS.map((kind) => <Alert key={kind} {...{ kind, style, message }} title={`An alert: ${kind}`} />),
    })),
    { name: 'Alert, dismissible', content: <Alert {...{ message }} kind="success" dismissible /> },
    { name: 'Alert without an icon', content: <Alert {...{ message }} showIcon={false} /> },
    {
      name: 'SecurityAlert',
      content: SEVERITIES.map((severity) => (
        <SecurityAlert
          key={severity}
          severity={severity}
          message="This page is not encrypted."
          actionUrl="/gallery"
          actionText={`Fix what is ${severity}`}
        />
      )),
    },
    {
      name: 'SecurityAlert with an unsafe address',
      content: <SecurityAlert message="Its action is not a link." actionUrl="javascript:alert(1)" />,
    },
    {
      name: 'KeyStatusNotification',
      content: CHANGES.map((status) => (
        <KeyStatusNotification
          key={status}
          provider={`${theme}-notified`}
          providerConfig={{ ...PROVIDERS.openai, name: 'OpenAI' }}
          status={status}
          hint="…1f9c"
          autoDismiss={false}
        />
      )),
    },
    {
      name: 'ToastContainer and Toast',
      content: (
        <ToastContainer id={`${theme}-toasts`} messages={{ notifications: `Notifications, ${theme}` }}>
          {KINDS.map((kind) => (
            <Toast key={kind} kind={kind} message={`A toast: ${kind}`} duration={0} />
          ))}
        </ToastContainer>
      ),
    },
    {
      name: 'AlertStack',
      content: <AlertStack alerts={KINDS.map((kind) => ({ kind, message: `In a stack: ${kind}` }))} maxVisible={2} />,
    },
    {
      name: 'Icons',
      content: (
        <p class="sample-icons">
          <InfoIcon label="Note" />
          <SuccessIcon label="Done" />
          <WarningIcon label="Careful" />
          <ErrorIcon label="Failed" />
          <InfoIcon size={40} label="Large note" />
        </p>
      ),
    },
  ];
}
