/** Removes alerts at a click. */
export function answerDismissals(): void {
  document.addEventListener('click', (event) => {
    const alert = (event.target as Element).closest?.('[data-byok-dismiss]')?.closest<HTMLElement>('.byok-alert');
    if (alert) remove(alert);
  });
}

/** Removes an alert after its duration, which starts again when the pointer or the focus leaves it. */
export function dismissLater(alert: HTMLElement): void {
  let timer: number | undefined;
  const pause = (): void => clearTimeout(timer);
  const start = (): void => {
    pause();
    timer = setTimeout(() => {
      if (alert.matches(':hover, :focus-within') || document.hidden) start();
      else alert.remove();
    }, Number(alert.dataset.byokDuration));
  };
  for (const type of ['pointerenter', 'focusin']) alert.addEventListener(type, pause);
  for (const type of ['pointerleave', 'focusout']) alert.addEventListener(type, start);
  start();
}

function remove(alert: HTMLElement): void {
  const hadFocus = alert.contains(document.activeElement);
  const others = [...(alert.parentElement?.querySelectorAll<HTMLElement>('[data-byok-dismiss]') ?? [])];
  const next = others.find((button) => !alert.contains(button)) ?? alert.closest<HTMLElement>('[tabindex]');
  alert.remove();
  // Else the focus would start again at the top of the page.
  if (hadFocus) next?.focus();
}
