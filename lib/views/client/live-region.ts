const REGION = '[data-byok-region]';
const INPUT = ':is(input, textarea)[id]';

type Input = HTMLInputElement | HTMLTextAreaElement;

/** Sends forms that lead back to the page they are on in the background, and puts the region of the answer in place. */
export function submitInPlace(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target as HTMLFormElement;
    const region = regionOf(form);
    if (!region || event.defaultPrevented || form.method !== 'post' || !leadsHere(form)) return;
    event.preventDefault();
    if (region.ariaBusy === 'true') return;
    region.ariaBusy = 'true';
    // A page that is left may come back as it was.
    addEventListener('pagehide', () => (region.ariaBusy = null), { once: true });
    void send(form, region);
  });
}

/** Whether the answer is this page again: by what the form says, else as the module has it. */
function leadsHere(form: HTMLFormElement): boolean {
  const { origin, pathname, search } = location;
  const action = new URL(form.action);
  if (action.origin !== origin) return false;
  const returnTo = form.querySelector<HTMLInputElement>('input[name=return_to]')?.value;
  if (!returnTo) return `${action.pathname}/`.startsWith(`${pathname.replace(/\/$/, '')}/keys/`);
  return new URL(returnTo, origin).href === origin + pathname + search;
}

/** The outermost region: it contains the notice too. */
function regionOf(element: Element): HTMLElement | null {
  const region = element.closest<HTMLElement>(REGION);
  return (region?.parentElement && regionOf(region.parentElement)) ?? region;
}

async function send(form: HTMLFormElement, region: HTMLElement): Promise<void> {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
  let response: Response;
  try {
    response = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html' } });
  } catch {
    // Without a response, the browser's own message is best.
    HTMLFormElement.prototype.submit.call(form);
    return;
  }
  // What was answered was done, and must not be done again.
  const { url, redirected } = response;
  const { origin, pathname } = new URL(url);
  const html = await response.text().catch(() => undefined);
  const page = new DOMParser().parseFromString(html ?? '', 'text/html');
  const name = CSS.escape(region.dataset.byokRegion ?? '');
  const fresh = page.querySelector<HTMLElement>(`[data-byok-region="${name}"]`);
  // Another page may have a region of this name too.
  if (fresh && origin === location.origin && pathname === location.pathname) replace(region, fresh, form);
  else if (redirected) location.assign(url);
  else if (html === undefined) location.reload();
  else showWhole(page);
}

/** An error has no address that leads to it: its page takes the place of this one, without a script being run. */
function showWhole(page: Document): void {
  const { documentElement: root } = document;
  for (const name of ['lang', 'dir', 'class', 'data-theme']) {
    const value = page.documentElement.getAttribute(name);
    if (value === null) root.removeAttribute(name);
    else root.setAttribute(name, value);
  }
  document.head.replaceWith(page.head);
  document.body.replaceWith(page.body);
  scrollTo(0, 0);
  focusOn(document.querySelector<HTMLElement>('h1') ?? document.body);
}

function replace(region: HTMLElement, fresh: HTMLElement, form: HTMLFormElement): void {
  const find = (id: string): HTMLElement | null => (id ? fresh.querySelector(`#${CSS.escape(id)}`) : null);
  const refused = fresh.querySelector('.byok-alert-error, .byok-alert-warning, .byok-invalid') !== null;
  for (const input of region.querySelectorAll<Input>(INPUT)) {
    const twin = find(input.id) as Input | null;
    if (twin?.type !== input.type) continue;
    if (form.contains(input) && !isToKeep(input, twin)) continue;
    if (isChecked(input)) (twin as HTMLInputElement).checked = refused || !input.parentElement?.contains(form);
    else if (input.value !== input.defaultValue) twin.value = input.value;
  }
  for (const details of region.querySelectorAll<HTMLDetailsElement>('details[id][open]')) {
    const twin = find(details.id);
    if (twin && (refused || !details.contains(form))) (twin as HTMLDetailsElement).open = true;
  }
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  // A button has no id; the first input of its form is where to go on when the form was refused.
  const wanted = focused && [focused.id, form.querySelector(INPUT)?.id, form.closest('.byok-card[id]')?.id];
  const [x, y] = [scrollX, scrollY];
  region.replaceWith(fresh);
  if (wanted) focusOn(wanted.map((id) => find(id ?? '')).find((element) => element?.checkVisibility()) ?? fresh);
  scrollTo(x, y);
  const alert = fresh.querySelector<HTMLElement>('.byok-alert');
  announce(alert);
  if (alert && !fresh.querySelector('.byok-invalid')) bringIntoView(alert, fresh);
  fresh.dispatchEvent(new CustomEvent('byok:updated', { bubbles: true }));
}

function isChecked(input: Input): boolean {
  return (input.type === 'radio' || input.type === 'checkbox') && (input as HTMLInputElement).checked;
}

/** Of a form that was refused all but secrets, wherever somebody put them. What has several lines may be one too. */
function isToKeep(input: Input, twin: Input): boolean {
  const key = input.form?.querySelector<Input>('[name=api_key]');
  const isSecret =
    input === key ||
    input.type === 'password' ||
    input.type === 'textarea' ||
    (!!key?.value && input.value.includes(key.value));
  return !isSecret && !!twin.form?.querySelector('.byok-invalid');
}

/** A reader further down the page does not see a notice at the top: for a while it is where they are. */
function bringIntoView(alert: HTMLElement, region: HTMLElement): void {
  const { top, bottom } = alert.getBoundingClientRect();
  if (bottom > 0 && top < innerHeight) return;
  const toast = alert.cloneNode(true) as HTMLElement;
  toast.classList.remove('byok-alert-soft', 'byok-alert-outline');
  // It is read out where it stands.
  for (const name of ['id', 'role']) toast.removeAttribute(name);
  toast.dataset.byokDuration = '5000';
  const toasts = document.createElement('div');
  toasts.className = 'byok byok-toasts byok-toasts-top byok-toasts-end';
  toasts.append(toast);
  region.append(toasts);
}

function focusOn(element: HTMLElement): void {
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

let announcer: HTMLElement | undefined;

/** Alerts that come into a page announce themselves; a status is only announced where its place was there before. */
function announce(alert: Element | null): void {
  if (!announcer?.isConnected) {
    announcer = document.createElement('div');
    announcer.className = 'byok byok-hidden';
    announcer.setAttribute('role', 'status');
    document.body.append(announcer);
  }
  const text =
    alert?.getAttribute('role') === 'status' ? (alert.querySelector('.byok-alert-text')?.textContent ?? '') : '';
  announcer.textContent = '';
  setTimeout(() => announcer && (announcer.textContent = text), 100);
}
