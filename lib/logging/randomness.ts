const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TRACE_PARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Whether a run of letters, digits, `+`, `/`, `_` and `-` is rather a key than a path, an identifier or a number: in what is
 * random, small letters, capitals and digits take turns far more often than in what a person wrote.
 *
 * @internal
 */
export function looksRandom(run: string): boolean {
  if (UUID.test(run) || TRACE_PARENT.test(run)) return false;
  const segments = run.split(/[^A-Za-z0-9]+/);
  return (
    segments.some(isHex) ||
    segments.some((segment) => segment.length >= 16 && digitsOf(segment) >= 2 && turns(segment) >= 0.28) ||
    (/[a-z]/.test(run) && /[A-Z]/.test(run) && digitsOf(run) >= 2 && turns(segments.join('')) >= 0.32)
  );
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
