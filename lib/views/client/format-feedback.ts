/** Says while a key is typed whether it has its provider's format. The server decides; this forbids nothing. */
export function judgeFormat(input: HTMLInputElement): void {
  const { byokGood = '', byokPrefix = '', byokBadPrefix = '', byokBad = '' } = input.dataset;
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

  const tell = (text: string, good: boolean): void => {
    if (message.textContent === text) return;
    message.textContent = text;
    message.className = text && `byok-validation ${good ? 'byok-valid' : 'byok-invalid'}`;
    if (text && !good) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  /** @param whole - Whether this is all that will be typed: half a key matches no pattern yet. */
  const judge = (whole: boolean): void => {
    const { value } = input;
    const begun =
      value.length < byokPrefix.length && !whole ? byokPrefix.startsWith(value) : value.startsWith(byokPrefix);
    if (value === '') tell('', true);
    else if (!begun) tell(byokBadPrefix, false);
    else if (value.length < input.minLength || value.length <= byokPrefix.length) tell('', true);
    else if (!pattern || pattern.test(value)) tell(byokGood, true);
    else if (whole) tell(byokBad, false);
    else tell('', true);
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
