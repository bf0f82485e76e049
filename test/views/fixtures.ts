import type { FunctionComponent } from 'preact';
import * as views from '../../lib/entries/views.js';

/** A component and benign values for everything it takes that can hold a text. */
export interface Fixture {
  name: string;
  component: FunctionComponent<object>;
  props: Record<string, unknown>;
}

export const PROVIDER_FIELD = {
  label: 'Endpoint',
  type: 'url',
  placeholder: 'https://example.com',
  required: true,
} as const;

export const PROVIDER_CONFIG = {
  name: 'OpenAI',
  placeholder: 'sk-…',
  docsUrl: 'https://example.com/keys',
  keyFormat: 'token' as const,
  keyPrefix: 'sk-',
  keyPattern: /^sk-[a-z0-9-]+$/,
  strict: true,
  fields: { endpoint: PROVIDER_FIELD, region: { label: 'Region', visible: true } },
};

export const STORED_KEY = {
  label: 'work',
  hint: '…1f9c',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-02T00:00:00.000Z',
  expiresAt: '2027-01-01T00:00:00.000Z',
  lastUsedAt: '2026-01-03T00:00:00.000Z',
  isDefault: true,
  fieldNames: ['endpoint', 'region'],
  visibleFields: { region: 'eu' },
  lastCheck: { outcome: 'accepted' as const, reason: null, at: '2026-01-31T00:00:00.000Z' },
  notice: 'unused' as const,
  status: 'active' as const,
};

export const NOW = new Date('2026-02-01T00:00:00.000Z');

const READER = { locale: 'en', timeZone: 'UTC', messages: { ...views.messages.en }, now: NOW };
const FORM = { csrfToken: 'a-token', returnTo: '/chat' };
const PROVIDER = { provider: 'openai', providerConfig: PROVIDER_CONFIG };
const BY_NAME = { providerConfig: { openai: PROVIDER_CONFIG } };
const EXTRA = [{ name: 'organisation', label: 'Organisation', type: 'text', placeholder: 'org', required: false }];

function fixture(component: unknown, props: Record<string, unknown>): Fixture {
  return { name: (component as { name: string }).name, component: component as FunctionComponent<object>, props };
}

export const FIXTURES: readonly Fixture[] = [
  fixture(views.Alert, {
    ...READER,
    message: 'Text',
    kind: 'error',
    title: 'Title',
    style: 'soft',
    id: 'id',
    dismissible: true,
  }),
  fixture(views.SecurityAlert, { ...READER, message: 'Text', severity: 'high', actionUrl: '/fix', actionText: 'Fix' }),
  fixture(views.KeyStatusNotification, { ...READER, ...PROVIDER, status: 'added', hint: '…1f9c' }),
  fixture(views.ToastContainer, { ...READER, position: 'top', align: 'end', id: 'id', children: 'Text' }),
  fixture(views.Toast, { ...READER, message: 'Text', kind: 'info' }),
  fixture(views.ValidationMessage, { message: 'Text', id: 'id' }),
  fixture(views.AlertStack, {
    ...READER,
    alerts: [{ message: 'One' }, { message: 'Two', title: 'Title' }],
    maxVisible: 1,
  }),
  fixture(views.InfoIcon, { label: 'Text' }),
  fixture(views.SuccessIcon, { label: 'Text' }),
  fixture(views.WarningIcon, { label: 'Text' }),
  fixture(views.ErrorIcon, { label: 'Text' }),
  fixture(views.KeyInputForm, {
    ...READER,
    ...FORM,
    ...PROVIDER,
    action: '/byok/keys/openai',
    method: 'post',
    placeholder: 'sk-…',
    extraFields: EXTRA,
    label: 'work',
    error: 'Refused',
    id: 'id',
  }),
  fixture(views.InlineKeyInput, {
    ...READER,
    ...FORM,
    ...PROVIDER,
    id: 'id',
    action: '/byok/keys/openai',
    placeholder: 'sk-…',
    label: 'work',
  }),
  fixture(views.MultiProviderKeyForm, {
    ...READER,
    ...FORM,
    ...BY_NAME,
    providers: ['openai'],
    action: '/byok/keys',
    method: 'post',
    defaultProvider: 'openai',
    id: 'id',
    allowOther: true,
    askLabel: true,
    refusal: { provider: 'openai', label: 'default', message: 'Refused.', form: 'add' },
  }),
  fixture(views.KeyManagementCard, {
    ...READER,
    ...FORM,
    ...PROVIDER,
    storedKey: STORED_KEY,
    baseUrl: '/byok',
    replaceAction: '/replace',
    deleteAction: '/delete',
    refusal: { provider: 'openai', label: 'work', message: 'Refused.' },
  }),
  // Its own, since several keys take the place of one.
  fixture(views.KeyManagementCard, {
    ...READER,
    ...PROVIDER,
    keys: [{ hint: '…' }],
    baseUrl: '/byok',
    allowMore: true,
  }),
  fixture(views.KeyManagerDashboard, {
    ...READER,
    ...FORM,
    ...BY_NAME,
    providers: ['openai'],
    keys: [{ ...STORED_KEY, provider: 'openai' }],
    baseUrl: '/byok',
    title: 'Keys',
    id: 'id',
    owner: 'team',
    intro: 'Of the team.',
    refusal: { provider: 'openai', label: 'work', message: 'Refused.', form: 'edit' },
  }),
];
