import type { FailureReader, KeyVerdict, ProviderFailure } from '../interfaces/index.js';
import { errorsOf } from '../refusals/index.js';
import { isOwnAddress } from './addresses.js';
import type { ProviderRow, Signs, Site } from './provider-row.js';
import { isOutage, matchRule, type Answer } from './read-answer.js';
import { INVALID, NO_CREDIT, RESTRICTED } from './verdicts.js';
import { isHtml, isObject, parseBody, wordsOf } from './words.js';

const MAX_CAUSES = 8;
const PERMISSION = /\b(?:permissions?|scopes?|not authori[sz]ed|not allowed to|api key|access token)\b/i;

/**
 * Reads a failed call of a provider. Only a definite word about the key counts: limits, outages and regions are the
 * application's own affair. A failure with an address must be of the provider's hosts; one without must show whose it is.
 */
export function readsFailures(row: ProviderRow, site: Site, isAnothers: (address: string) => boolean): FailureReader {
  const isAnywhere = row.addressField !== undefined && site.baseUrl === undefined;
  return (failure) => {
    const { status, url } = failure;
    if (status === undefined || status < 400 || isOutage(status)) return undefined;
    const read = readError(failure);
    if (read.answer.header('cf-mitigated') !== undefined) return undefined;
    const isOwn = url !== undefined && isOwnAddress(url, site);
    if (url !== undefined && !isOwn && !(isAnywhere && !isAnothers(url))) return undefined;
    // An address that users choose says nothing by itself, unless there is nothing else by which such servers are known.
    const isKnown =
      isOwn || (url !== undefined && row.signs === undefined) || (read.isAnswer && hasSign(row.signs, read));
    return isKnown ? definite(verdictOf(read.answer, row, isOwn)) : undefined;
  };
}

function verdictOf(answer: Answer, row: ProviderRow, ownAddress: boolean): KeyVerdict | undefined {
  const { status, html, words, body } = answer;
  if (html) return ownAddress && status === 401 && row.htmlRefusal?.test(words.text) ? INVALID : undefined;
  const rule = matchRule(row.rules, answer);
  if (rule || row.onlyRules) return rule;
  // A status without a body is what anything between the application and the provider sends.
  return body === undefined || body === '' ? undefined : readStatus(answer, row);
}

/**
 * Less than at a check: an answer to a real call can repeat what the user wrote, and a 403 can be about a document, a model or
 * what was said.
 */
function readStatus({ status, body, words }: Answer, { statuses = {} }: ProviderRow): KeyVerdict | undefined {
  const json = isObject(body);
  if (json && (status === 402 || words.codes.has('insufficient_quota'))) return NO_CREDIT;
  if (status === 401) return statuses[401] ?? INVALID;
  if (status === 403 && json && PERMISSION.test(words.text)) return statuses[403] ?? RESTRICTED;
  return undefined;
}

function definite(verdict: KeyVerdict | undefined): KeyVerdict | undefined {
  if (verdict?.outcome === 'refused') return verdict;
  return verdict?.outcome === 'accepted' && verdict.reason !== 'rate-limited' ? verdict : undefined;
}

interface ReadError {
  answer: Answer;
  /** Whether this is the answer of a server: an error with only a status and a message is not. */
  isAnswer: boolean;
  classes: ReadonlySet<string>;
}

function readError(failure: ProviderFailure): ReadError {
  const { status = 0, headers = {} } = failure;
  const errors = errorsOf(failure.error).slice(0, MAX_CAUSES) as Record<string, unknown>[];
  // Some SDKs put the body into the message, after the status.
  const given = typeof failure.body === 'string' ? parseBody(failure.body) : failure.body;
  const body = given ?? errors.map(bodyInMessage).find((each) => each !== undefined);
  const text = typeof body === 'string' ? body : '';
  const messages = errors.map(({ message }) => message).filter((message) => typeof message === 'string');
  const html = isHtml(headers['content-type'], text) || messages.some((message) => /<html\b/i.test(message));
  const names = errors.map(({ name, code, type, rawType }) => ({ name, code, type, rawType }));
  return {
    answer: {
      status,
      header: (name) => headers[name],
      body: body ?? (html ? messages.join('\n') : undefined),
      words: wordsOf(body, names, messages),
      html,
    },
    isAnswer:
      body !== undefined || Object.keys(headers).length > 0 || errors.some((error) => isObject(error.$metadata)),
    classes: new Set(errors.flatMap(classesOf)),
  };
}

function hasSign({ says, codes, headers, classes, form }: Signs = {}, { answer, classes: found }: ReadError): boolean {
  const { words, body } = answer;
  return Boolean(
    says?.test(words.text) ||
    codes?.some((code) => words.codes.has(code)) ||
    headers?.some((name) => answer.header(name) !== undefined) ||
    classes?.some((name) => found.has(name)) ||
    form?.(body, words),
  );
}

function bodyInMessage({ message }: Record<string, unknown>): unknown {
  if (typeof message !== 'string' || !message.includes('{')) return undefined;
  const body = parseBody(message.slice(message.indexOf('{'), message.lastIndexOf('}') + 1));
  return isObject(body) ? body : undefined;
}

function classesOf(error: object): string[] {
  const names: string[] = [];
  for (let level: unknown = Object.getPrototypeOf(error); isObject(level); level = Object.getPrototypeOf(level)) {
    if (typeof level.constructor === 'function') names.push(level.constructor.name);
  }
  return names;
}
