import { ConfigurationError } from '../errors/index.js';
import type { ByokModuleOptions, ResolvedByokOptions } from '../interfaces/index.js';
import { safeUrl } from '../views/index.js';
import { checkMessages } from './message-options.js';
import { assertKnownKeys, enumOption, guardsOption, objectOption, optionalFunction } from './option-checks.js';

const KNOWN = ['guards', 'title', 'theme', 'layout', 'locale', 'timeZone', 'messages', 'signInUrl'];

/** Checks the option `dashboard`. @throws ConfigurationError @internal */
export function checkDashboard(dashboard: ByokModuleOptions['dashboard']): ResolvedByokOptions['dashboard'] {
  if (dashboard === false) return false;
  const given = objectOption('dashboard', dashboard, 'false or ');
  assertKnownKeys('dashboard.', given, KNOWN);
  if (given.title !== undefined && (typeof given.title !== 'string' || given.title.trim() === '')) {
    throw new ConfigurationError('dashboard.title must be a string.');
  }
  return Object.freeze({
    guards: guardsOption('dashboard.guards', given),
    title: given.title,
    theme: enumOption('dashboard.theme', given.theme ?? 'system', ['system', 'light', 'dark']),
    layout: optionalFunction('dashboard.layout', given.layout),
    locale: checkLocale(given.locale),
    timeZone: checkTimeZone(given.timeZone ?? 'UTC'),
    messages: checkMessages(objectOption('dashboard.messages', given.messages)),
    signInUrl: checkSignInUrl(given.signInUrl),
  });
}

function checkLocale(locale: unknown): string | undefined {
  if (locale === undefined) return undefined;
  try {
    if (typeof locale === 'string') return Intl.getCanonicalLocales(locale)[0];
  } catch {
    // Reported below.
  }
  throw new ConfigurationError("dashboard.locale must be the tag of a language, such as 'en' or 'de-AT'.");
}

function checkTimeZone(timeZone: unknown): string {
  try {
    if (typeof timeZone === 'string') return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    // Reported below.
  }
  throw new ConfigurationError("dashboard.timeZone must be the name of a time zone, such as 'Europe/Berlin'.");
}

function checkSignInUrl(url: unknown): string | undefined {
  if (url === undefined) return undefined;
  // The check that pages make before they link to it.
  const safe = safeUrl(url);
  if (safe !== undefined && /^(?:\/|https?:)/i.test(safe)) return safe;
  throw new ConfigurationError("dashboard.signInUrl must be a path such as '/sign-in', or an http(s) address.");
}
