/** Gives an input for a key a button that shows what is typed. */
export function addReveal(input: HTMLInputElement): void {
  const box = input.parentElement;
  const { byokShow, byokHide } = input.dataset;
  if (!box || !byokShow || !byokHide) return;
  // A copy of a page that was enhanced has a button that does nothing.
  box.querySelector('.byok-reveal')?.remove();
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'byok-reveal';
  button.disabled = input.disabled;
  button.setAttribute('aria-controls', input.id);
  const show = (shown: boolean): void => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? byokHide : byokShow;
    button.setAttribute('aria-label', `${button.textContent}: ${input.labels?.[0]?.textContent?.trim() ?? ''}`);
  };
  // Of use only while it is a text.
  input.autocapitalize = 'none';
  input.setAttribute('autocorrect', 'off');
  show(false);
  button.addEventListener('click', () => {
    show(input.type === 'password');
    input.focus();
  });
  // A browser keeps what was typed into a text input, and shows it again when one comes back to the page.
  input.form?.addEventListener('submit', () => show(false));
  addEventListener('pagehide', () => show(false));
  box.append(button);
}
