import { cleanApiKey } from '../../keys/clean-api-key.js';

type Verdict = 'valid' | 'doubt' | 'invalid';

/** Says while a key is typed whether it has its provider's format. The server decides; this forbids nothing. */
export function judgeFormat(input: HTMLInputElement): void {
  const { byokGood = '', byokPrefix = '[""]', byokStrict, byokBadPrefix = '', byokBad = '' } = input.dataset;
  const prefixes = JSON.parse(byokPrefix) as string[];
  const pattern = compile(input.dataset);
  const message = document.createElement('p');
  message.id = `${input.id}---format`;
  message.setAttribute('role', 'status');
  // A copy of a page that was enhanced has one already.
  const copied = input.parentElement?.nextElementSibling;
  if (copied?.id === message.id) copied.remove();
  input.parentElement?.after(message);
  const described = (input.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => id && id !== message.id);
  input.setAttribute('aria-describedby', [...described, message.id].join(' '));

  const show = (text: string, verdict: Verdict = 'valid'): void => {
    if (message.textContent === text) return;
    message.textContent = text;
    message.className = text && `byok-validation byok-${verdict}`;
    if (text && verdict === 'invalid') input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  /** @param whole - Whether this is all that will be typed: half a key matches no pattern yet. */
  const judge = (whole: boolean): void => {
    // What people paste around a key does not belong to it.
    const key = cleanApiKey(input.value);
    const prefix = prefixes.find((each) => key.startsWith(each));
    const begun = prefix !== undefined || (!whole && prefixes.some((each) => each.startsWith(key)));
    const short = key.length < input.minLength || key.length <= (prefix?.length ?? 0);
    if (key === '') show('');
    else if (!begun && byokStrict !== undefined) show(byokBadPrefix, 'invalid');
    else if (short && !whole) show(begun ? '' : byokBadPrefix, 'doubt');
    else if (pattern && !pattern.test(key)) show(whole ? byokBad : '', 'invalid');
    else if (!begun) show(byokBadPrefix, 'doubt');
    else show(short ? '' : byokGood);
  };
  input.addEventListener('input', (event) => judge(event.inputType === 'insertFromPaste'));
  input.addEventListener('change', () => afterPress(() => judge(true)));
}

let pressed = false;
document.addEventListener('pointerdown', () => (pressed = true), true);
for (const type of ['pointerup', 'pointercancel']) document.addEventListener(type, () => (pressed = false), true);

/** What is said moves what is below: not from under a button that is being pressed, which would then not be. */
function afterPress(act: () => void): void {
  if (pressed) document.addEventListener('pointerup', () => setTimeout(act), { capture: true, once: true });
  else act();
}

function compile({ byokPattern, byokFlags }: DOMStringMap): RegExp | undefined {
  if (byokPattern === undefined) return undefined;
  try {
    return new RegExp(byokPattern, byokFlags);
  } catch {
    return undefined;
  }
}
