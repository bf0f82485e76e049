import type { KeyVerdict } from '../interfaces/index.js';
import type { ProviderRow, Rule } from './provider-row.js';
import {
  INVALID,
  LIMITED,
  NO_CREDIT,
  RATE_LIMITED,
  RESTRICTED,
  UNREACHABLE,
  UNREADABLE,
  WRONG_PLACE,
} from './verdicts.js';
import { isHtml, isObject, parseBody, wordsOf, type Words } from './words.js';

const CREDIT = /\b(?:insufficient_quota|credits?|billing|balance)\b/i;
const PLACE = /unsupported_country|user location|request not allowed|country, region, or territory/i;

/** An answer of a provider, read once. */
export interface Answer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: unknown;
  readonly words: Words;
  readonly html: boolean;
}

/** What a 2xx says, `undefined` if it does not have the form that the provider's has. */
export type Shape = (body: unknown) => KeyVerdict | undefined;

/** @throws if the body cannot be read */
export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const html = isHtml(response.headers.get('content-type'), text);
  const body = html ? text : parseBody(text);
  return {
    status: response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body,
    words: wordsOf(body),
    html,
  };
}

/** What an answer to a check says of the key. The order matters: a status alone decides nothing. */
export function readAnswer(answer: Answer, row: ProviderRow, shape: Shape): KeyVerdict {
  const { status } = answer;
  const failed = readRefusal(answer, row);
  if (failed) return failed;
  if (status >= 200 && status < 300) return shape(answer.body) ?? UNREADABLE;
  return UNREADABLE;
}

/** What an answer that is no success says, `undefined` if nothing in it is known. */
function readRefusal(answer: Answer, row: ProviderRow): KeyVerdict | undefined {
  const { status, words, html } = answer;
  if (status < 400) return html ? UNREADABLE : undefined;
  if (isOutage(status)) return UNREACHABLE;
  if (answer.header('cf-mitigated') !== undefined) return UNREADABLE;
  if (html) return status === 401 && row.htmlRefusal?.test(words.text) ? INVALID : UNREADABLE;
  return matchRule(row.rules, answer) ?? readStatus(answer, row);
}

export function isOutage(status: number): boolean {
  return status >= 500 || status === 407 || status === 408;
}

export function matchRule(rules: readonly Rule[], answer: Answer): KeyVerdict | undefined {
  return rules.find((rule) => fits(rule, answer))?.is;
}

function fits({ status, code, says, header }: Rule, answer: Answer): boolean {
  if (status !== undefined && status !== answer.status) return false;
  if (code !== undefined && ![code].flat().some((each) => answer.words.codes.has(each))) return false;
  if (says !== undefined && !says.test(answer.words.text)) return false;
  return header === undefined || header[1].test(answer.header(header[0]) ?? '');
}

/** What a status means at most providers. Only a 401 counts without a body of JSON: whatever else has none may be a proxy's. */
function readStatus({ status, body, words }: Answer, { statuses = {} }: ProviderRow): KeyVerdict | undefined {
  const json = isObject(body);
  // Limits come with the address of a page on billing.
  const text = words.text.replace(/https?:\S+/g, '');
  const isLimit = status === 429 && /rate.?limit/i.test(text);
  if (json && (status === 402 || status === 412)) return NO_CREDIT;
  if (json && [400, 403, 429].includes(status) && !isLimit && CREDIT.test(text)) return NO_CREDIT;
  if (status === 429) return statuses[429] ?? (json ? RATE_LIMITED : LIMITED);
  if (PLACE.test(text)) return WRONG_PLACE;
  if (status === 403) return statuses[403] ?? (json ? RESTRICTED : UNREADABLE);
  if (status === 401) return statuses[401] ?? INVALID;
  return undefined;
}
