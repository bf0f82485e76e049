/** Puts the caret where one goes on: into the form that a press has just opened. */
export function placeCaret(): void {
  document.addEventListener('click', ({ target, detail }) => {
    const pressed = target as Element;
    const action = pressed.closest?.('.byok-action:not([open]):not([data-byok-confirm]) > summary')?.parentElement;
    // By the arrow keys one passes by, and must not be held.
    const choice = detail > 0 ? pressed.closest?.('.byok-choice > label')?.parentElement : null;
    const opened = action ?? choice;
    if (opened) setTimeout(() => focusFirst(opened));
  });
}

/** Shows of many providers those with what is typed in their names. Enter chooses the first. */
export function filterChoices(filter: HTMLElement): void {
  const input = filter.querySelector('input');
  const status = filter.querySelector<HTMLElement>('[role=status]');
  const choices = [...(filter.parentElement?.querySelectorAll<HTMLElement>('.byok-choice') ?? [])];
  if (!input || !status) return;
  filter.hidden = false;
  const wanted = (): HTMLElement[] => {
    const text = plain(input.value);
    return choices.filter((choice) => valueOf(choice) !== '' && plain(nameOf(choice)).includes(text));
  };
  const show = (): void => {
    const found = wanted();
    for (const choice of choices) {
      const isShown = valueOf(choice) === '' || found.includes(choice);
      // Its form stays as it is.
      for (const part of choice.querySelectorAll<HTMLElement>(':scope > :not(form)')) part.hidden = !isShown;
    }
    status.textContent = found.length === 0 ? (status.dataset.byokNone ?? '') : '';
  };
  input.addEventListener('input', show);
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    const first = input.value.trim() === '' ? undefined : wanted()[0];
    const radio = first?.querySelector<HTMLInputElement>('[type=radio]');
    if (!first || !radio) return;
    radio.checked = true;
    focusFirst(first);
  });
  if (input.value) show();
}

function focusFirst(parent: Element): void {
  const inputs = [...parent.querySelectorAll<HTMLElement>('form :is(input:not([type=hidden]), textarea)')];
  inputs.find((input) => input.checkVisibility())?.focus();
}

function valueOf(choice: HTMLElement): string {
  return choice.querySelector<HTMLInputElement>('[type=radio]')?.value ?? '';
}

function nameOf(choice: HTMLElement): string {
  return `${choice.querySelector('label > span:last-child')?.textContent ?? ''} ${valueOf(choice)}`;
}

/** `DeepL` is found by `deepl`, `Übersetzer` by `uber`. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
}
