import { randomBytes } from 'node:crypto';
import type { KeyChecker, KeyToCheck, KeyVerdict } from '../interfaces/index.js';
import { baseAddress, isOwnAddress } from './addresses.js';
import type { ProviderRow, Site } from './provider-row.js';
import { answerOf, readAnswer, type Answer, type Shape } from './read-answer.js';
import { NOT_CHECKABLE, UNREACHABLE, UNREADABLE } from './verdicts.js';
import { isObject } from './words.js';

/** One request that costs nothing and names no model. */
export interface Question {
  method?: 'POST';
  /** Where the API begins, as the provider's SDK takes it; `{region}` is a field, `{region=us-east-1}` one with a default. */
  base: string;
  /** Ends of a `base` that people write, and that do not belong to the address of the check. */
  without?: RegExp;
  path: string;
  /** `{key}` is the key; another name is a field, and a header of a field that is empty is not sent. */
  headers: Readonly<Record<string, string>>;
  body?: string;
  shape: Shape;
  /** The address is the user's own: no host of the row. */
  anywhere?: boolean;
}

/** Asks one question. */
export function asks(question: Question): ProviderRow['check'] {
  return (row, site) => (key) => ask(question, row, site, key).then(({ verdict }) => verdict);
}

/**
 * For lists that may be public: asks once more with a key that does not exist. Only if that one is refused, the list proves
 * something. `prefix` is how the made-up key begins.
 */
export function asksWithControl(question: Question, prefix: string): ProviderRow['check'] {
  return (row, site): KeyChecker =>
    async (key) => {
      const first = await ask(question, row, site, key);
      if (first.verdict.outcome !== 'accepted') return first.verdict;
      const control = await ask(question, row, site, { ...key, apiKey: prefix + randomBytes(24).toString('hex') });
      if (isRefused(control)) return first.verdict;
      return control.verdict.outcome === 'accepted' ? NOT_CHECKABLE : control.verdict;
    };
}

interface Asked {
  verdict: KeyVerdict;
  answer?: Answer;
}

function isRefused({ verdict, answer }: Asked): boolean {
  return verdict.outcome === 'refused' || (answer?.status === 403 && isObject(answer.body));
}

async function ask(question: Question, row: ProviderRow, site: Site, key: KeyToCheck): Promise<Asked> {
  const { apiKey, fields } = key;
  const base = baseAddress(question.base, fields, row, site)?.replace(question.without ?? /$^/, '');
  const address = `${base}${question.path}`;
  if (base === undefined || !(question.anywhere || isOwnAddress(address, site))) {
    // An address that the user gave whole is right for them, but nobody knows what is there.
    return { verdict: base !== undefined && question.base.startsWith('{') ? NOT_CHECKABLE : UNREADABLE };
  }
  const headers = fill(question.headers, apiKey, fields);
  if (!headers) return { verdict: UNREADABLE };
  return send(row, question.shape, () =>
    key.fetch(address, {
      method: question.method ?? 'GET',
      headers: { accept: 'application/json', ...headers },
      ...(question.body === undefined
        ? {}
        : { body: question.body.replace('{key}', () => encodeURIComponent(apiKey)) }),
    }),
  );
}

/** Sends one request and reads its answer. No answer, or one that breaks off, is `unreachable`. */
export async function send(row: ProviderRow, shape: Shape, request: () => Promise<Response>): Promise<Asked> {
  try {
    const answer = await answerOf(await request());
    return { verdict: readAnswer(answer, row, shape), answer };
  } catch {
    return { verdict: UNREACHABLE };
  }
}

/** The headers, `undefined` if no header can carry a value: sending it would fail and say that the provider is unreachable. */
function fill(
  headers: Readonly<Record<string, string>>,
  apiKey: string,
  fields: Readonly<Record<string, string>>,
): Record<string, string> | undefined {
  const filled: Record<string, string> = {};
  for (const [name, template] of Object.entries(headers)) {
    let missing = false;
    const text = template.replace(/\{(\w+)\}/g, (_, field: string) => {
      const value = field === 'key' ? apiKey : fields[field]?.trim();
      missing ||= value === undefined || value === '';
      return value ?? '';
    });
    if (missing) continue;
    if (!/^[\x20-\x7e]*$/.test(text)) return undefined;
    filled[name] = text;
  }
  return filled;
}
