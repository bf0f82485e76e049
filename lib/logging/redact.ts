import { looksRandom } from './randomness.js';

/** What replaces a secret. @internal */
export const REDACTED = '[REDACTED]';

/** How names of headers, fields and variables with secret values end: `OPENAI_API_KEY`, `clientSecret`. */
const SECRET_NAME =
  /(?:api[_-]?keys?|access[_-]?keys?|private[_-]?keys?|signing[_-]?keys?|secrets?|secret[_-]?keys?|token|pass(?:word|wd|phrase)s?|authorization|cookies?|credentials?|connection[_-]?string)$/i;

/** The same in a text, with the characters between the name and the value. */
const NAMED = new RegExp(
  `${SECRET_NAME.source.slice(0, -1)}(?:["'\\\\]{0,4}\\s{0,4}(?:=>|[:=])\\s{0,4}(?:\\[(?!REDACTED\\])\\s{0,4})?|["']\\s{0,4},\\s{0,4}(?=["']))|[?&](?:key|sig|signature|x-amz-signature)=`,
  'gi',
);

/** Headers whose value is the rest of the line, including blanks. */
const WHOLE_LINE = /^(?:authorization|cookies?)\b/i;

/** A key that a sentence calls so, such as `Invalid API key: …`. Without these words, a UUID is not a secret. */
const CALLED_KEY =
  /\b(api[ _-]?key(?:\s{1,4}(?!ids?\b)[a-z]{2,12}){0,2}:?\s{1,4}["'`(]?)(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[A-Za-z]{0,27}\d)[A-Za-z0-9]{28,})/gi;

/** `Bearer …` and `Basic …` without a header's name before it. */
const SCHEME = /\b(Bearer|Basic|Token)(\s{1,4})([A-Za-z0-9._~+/-]{8,}=*)/g;

/** User name and password of a URL. A path ends the match, so that no text is read twice. */
const USER_INFO = /(?<=:\/\/)[^\s/?#"'<>\\]+@/g;

const PEM = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g;

/** Keys with a known beginning. */
const KNOWN_PREFIX = new RegExp(
  '(?<![A-Za-z0-9])(?:' +
    [
      '(?:sk|rk|pk)[-_](?:ant-|proj-|live_|test_|or-|lf-)?[\\w-]{16,}',
      // Those of an installation end in a JSON Web Token.
      'gh[opsur]_[\\w-]{16,}(?:\\.[\\w-]+){0,3}',
      'github_pat_\\w{16,}',
      'glpat-[\\w-]{16,}',
      'xox[a-z](?:\\.[a-z])?-[\\w-]{8,}',
      'xapp-[\\w-]{8,}',
      'AIza[\\w-]{20,}',
      'ya29\\.[\\w-]{16,}',
      'AQ\\.[\\w-]{24,}',
      'A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{12,}',
      'ABSK[A-Za-z0-9+/]{40,}=*',
      'bedrock-api-key-[A-Za-z0-9+/]{24,}=*',
      'f(?:w|pk)_[A-Za-z0-9]{12,}',
      'csk-[a-z0-9]{24,}',
      '(?:hf|api_org|gsk|npm|pypi|pcsk|whsec|dop_v1|lin_api|xai|pplx|tvly)[-_][A-Za-z0-9_]{20,}',
      '(?:r8_|nvapi-|tgp_v1_)[\\w-]{20,}',
      'SG\\.[\\w-]{16,}(?:\\.[\\w-]{0,64})?',
      'byok_[\\w-]{40,}',
      'AGE-SECRET-KEY-[A-Z0-9]{16,}',
    ].join('|') +
    ')',
  'g',
);

/** A JSON Web Token. It starts at the start of a run, because trying every `eyJ` in a long run would take quadratic time. */
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]{0,4096}){0,3}/g;

const LONG_RUN = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{32,}={0,2}/g;

/** Text before a digest, which looks like a secret but is not one. */
const BEFORE_DIGEST = /(?:\b(?:sha-?\d{1,3}|md5)[:=-]|\b(?:commit|tree|parent|rev|at) )$/i;

/**
 * Replaces what looks like a secret by `[REDACTED]`: keys with known beginnings (`sk-`, `ghp_`, `AKIA`, …), values of
 * names such as `api_key`, `password`, `Authorization` and `Cookie` in JSON, forms, headers and queries, `Bearer` and
 * `Basic` credentials, user information in URLs, private keys, JSON Web Tokens, and random-looking runs of 32 or more
 * characters. A UUID is redacted only after a name or the words "API key".
 *
 * Other UUIDs, labelled digests (`sha256:…`, `commit …`), paths, stack traces, identifiers and numbers stay. Use it as a
 * second line of defense: a short password without a name beside it looks like a word.
 *
 * It runs in linear time. Applying it twice changes nothing more.
 *
 * @example redact('401 for sk-proj-an-example-0123456789'); // '401 for [REDACTED]'
 * @publicApi
 */
export function redact(text: string): string {
  return redactNamed(text.replace(PEM, REDACTED).replace(USER_INFO, `${REDACTED}@`))
    .replace(SCHEME, (all, scheme: string, blank: string, value: string) =>
      isCredential(value) ? scheme + blank + REDACTED : all,
    )
    .replace(KNOWN_PREFIX, REDACTED)
    .replace(CALLED_KEY, `$1${REDACTED}`)
    .replace(JWT, REDACTED)
    .replace(LONG_RUN, (run: string, at: number, whole: string) =>
      looksRandom(run) && !BEFORE_DIGEST.test(whole.slice(Math.max(0, at - 12), at)) ? REDACTED : run,
    )
    .replace(USER_INFO, `${REDACTED}@`);
}

/** Whether a property of this name contains a secret. @internal */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

function redactNamed(text: string): string {
  let done = '';
  let from = 0;
  NAMED.lastIndex = 0;
  for (let match = NAMED.exec(text); match; match = NAMED.exec(text)) {
    const start = NAMED.lastIndex;
    const [open, end] = valueAt(text, start, match[0]);
    if (end > start + open.length) {
      done += text.slice(from, start) + open + REDACTED;
      from = end;
    }
    NAMED.lastIndex = Math.max(end, start);
  }
  return done + text.slice(from);
}

/** The quotation mark that opens a value, and the end of the value: the same mark, or a character that ends any value. */
function valueAt(text: string, start: number, name: string): [open: string, end: number] {
  const open = /^(?:\\{0,8}["'`])?/.exec(text.slice(start, start + 9))![0];
  const from = start + open.length;
  if (open !== '') return [open, closingAt(text, from, open)];
  if (text.startsWith(REDACTED, from)) return ['', from + REDACTED.length];
  const stop = WHOLE_LINE.test(name) ? /["'\r\n]/g : /[\s"'`&,;<>(){}\[\]]/g;
  stop.lastIndex = from;
  return ['', stop.exec(text)?.index ?? text.length];
}

/**
 * Where the mark occurs again, at the same depth of escaping or a shallower one; otherwise the end of the line. A mark that
 * opens as `"` closes after an even number of backslashes, one that opens as `\\"` after 1, 5, 9, ….
 */
function closingAt(text: string, from: number, open: string): number {
  const mark = open.at(-1)!;
  const depth = open.length - 1;
  let backslashes = 0;
  for (let at = from; at < text.length; at++) {
    const c = text[at];
    if (c === '\n') return at;
    if (c === mark && (backslashes < depth || backslashes % (2 * (depth + 1)) === depth)) {
      return at - Math.min(backslashes, depth);
    }
    backslashes = c === '\\' ? backslashes + 1 : 0;
  }
  return text.length;
}

/** Plain words after `Bearer` and `Basic` are prose ("Basic authentication failed"). */
function isCredential(value: string): boolean {
  return value.length >= 24 || /\d|[a-z][A-Z]|[A-Z]{2}|=$/.test(value);
}
