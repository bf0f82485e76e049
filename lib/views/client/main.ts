import { filterChoices, placeCaret } from './choices.js';
import { answerConfirmations } from './confirm.js';
import { answerDismissals, dismissLater } from './dismiss.js';
import { judgeFormat } from './format-feedback.js';
import { submitInPlace } from './live-region.js';
import { addReveal } from './reveal.js';

/*
 * What the pages do beyond what they can do without it. Everything is marked in the markup by data-byok-… attributes,
 * where its texts are too: this knows no language.
 */

const ENHANCEMENTS: readonly (readonly [string, (element: HTMLElement) => void])[] = [
  ['input[data-byok-show]', once((input) => addReveal(input as HTMLInputElement))],
  ['input[data-byok-good]', once((input) => judgeFormat(input as HTMLInputElement))],
  ['[data-byok-filter]', once(filterChoices)],
  ['[data-byok-dismiss]', (button) => (button.hidden = false)],
  ['[data-byok-duration]', once(dismissLater)],
];

/** An element that is moved within the page is added to it again. */
function once(apply: (element: HTMLElement) => void): (element: HTMLElement) => void {
  const done = new WeakSet<HTMLElement>();
  return (element) => {
    if (done.has(element)) return;
    done.add(element);
    apply(element);
  };
}

function enhance(root: Element): void {
  for (const [selector, apply] of ENHANCEMENTS) {
    if (root.matches(selector)) apply(root as HTMLElement);
    root.querySelectorAll<HTMLElement>(selector).forEach(apply);
  }
}

// Twice the script on one page is still one.
const { dataset } = document.documentElement;
if (dataset.byokScript === undefined) {
  dataset.byokScript = '';
  enhance(document.documentElement);
  // Pages that load parts of themselves later need not call us.
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) if (node instanceof Element && node.isConnected) enhance(node);
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
  answerConfirmations();
  answerDismissals();
  placeCaret();
  submitInPlace();
}
