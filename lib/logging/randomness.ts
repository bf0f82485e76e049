/** Identifiers that look random. A commit is one only in the address of a repository. */
const IDENTIFIERS =
  /(?<![A-Za-z0-9])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![A-Za-z0-9])|(?<=\/(?:commits?|blob|tree|raw|archive)\/)[0-9a-f]{40}(?![A-Za-z0-9])/gi;
const TRACE_PARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** Subresource integrity, as in a lock file. */
const INTEGRITY = /^sha\d{3}-/;

/**
 * Whether a run of letters, digits, `+`, `/`, `_` and `-` looks like a key rather than a path, an identifier or a number.
 * Random text changes between small letters, capitals and digits far more often than text that a person wrote, and has
 * few words.
 *
 * @internal
 */
export function looksRandom(text: string): boolean {
  if (TRACE_PARENT.test(text) || INTEGRITY.test(text)) return false;
  const run = text.replace(IDENTIFIERS, '');
  const segments = run.split(/[^A-Za-z0-9]+/);
  return (
    segments.some(isHex) ||
    segments.some((segment) => segment.length >= 16 && digitsOf(segment) >= 2 && turns(segment) >= 0.28) ||
    (/[a-z]/.test(run) &&
      /[A-Z]/.test(run) &&
      ((digitsOf(run) >= 2 && turns(segments.join('')) >= 0.32) ||
        (run.length >= 32 && words(run) < (/\d/.test(run) ? 0.45 : 0.35))))
  );
}

/** Words of three letters or more, and parts of one kind of character between separators. */
const WORDS = /[A-Z]?[a-z]{3,}|(?<![A-Za-z0-9])(?:[A-Z]+|[a-z]+|\d+)(?![A-Za-z0-9])/g;

/** The share of a text that consists of words, from 0 to 1. */
function words(text: string): number {
  return (text.match(WORDS)?.join('').length ?? 0) / text.length;
}

function isHex(segment: string): boolean {
  return segment.length >= 32 && /^[0-9a-f]+$/i.test(segment) && /\d/.test(segment) && /[a-f]/i.test(segment);
}

function digitsOf(text: string): number {
  return text.match(/\d/g)?.length ?? 0;
}

/** How often one kind of character follows another, from 0 to 1. A small letter after a capital begins a word. */
function turns(text: string): number {
  let count = 0;
  for (let i = 1; i < text.length; i++) {
    const [before, now] = [kindOf(text, i - 1), kindOf(text, i)];
    if (before !== now && !(before === 'capital' && now === 'small')) count++;
  }
  return text.length > 1 ? count / (text.length - 1) : 0;
}

function kindOf(text: string, at: number): 'digit' | 'capital' | 'small' {
  const code = text.charCodeAt(at);
  return code <= 57 ? 'digit' : code <= 90 ? 'capital' : 'small';
}
