/** Asks in a dialog what without us is asked in a part of the page that unfolds. */
export function answerConfirmations(): void {
  document.addEventListener('click', (event) => {
    const summary = (event.target as Element).closest?.('[data-byok-confirm] > summary');
    const details = summary?.parentElement;
    const form = details?.querySelector('form');
    const button = form?.querySelector<HTMLButtonElement>('button[type=submit]');
    if (!details || !form || !button) return;
    event.preventDefault();
    ask(details, form, button);
  });
}

function ask(details: HTMLElement, form: HTMLFormElement, button: HTMLButtonElement): void {
  const dialog = document.createElement('dialog');
  dialog.className = 'byok byok-dialog';
  const question = document.createElement('p');
  question.id = 'byok-question';
  question.textContent = form.querySelector('p')?.textContent ?? '';
  dialog.setAttribute('aria-labelledby', question.id);
  const cancel = choice(details.dataset.byokConfirm ?? '', 'byok-btn byok-btn-sm');
  const confirm = choice(button.textContent, button.className);
  cancel.addEventListener('click', () => dialog.close());
  confirm.addEventListener('click', () => {
    dialog.close();
    form.requestSubmit(button);
  });
  dialog.addEventListener('close', () => dialog.remove());
  const buttons = document.createElement('div');
  buttons.className = 'byok-dialog-buttons';
  buttons.append(cancel, confirm);
  dialog.append(question, buttons);
  details.after(dialog);
  dialog.showModal();
  cancel.focus();
}

function choice(text: string | null, className: string): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = className;
  button.textContent = text;
  return button;
}
