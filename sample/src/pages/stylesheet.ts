import { createHash } from 'node:crypto';

/** The sample's own styles: its header, and the two columns of the gallery. */
export const SAMPLE_STYLESHEET = `
.sample-header {
  display: flex;
  flex-wrap: wrap;
  gap: 0.75rem 1.5rem;
  align-items: center;
  justify-content: space-between;
  margin-inline: max(1rem, 50% - 35rem);
  padding-block: 0.75rem;
  border-bottom: 1px solid var(--color-base-300);
}
.byok .sample-links { display: flex; flex-wrap: wrap; gap: 0.5rem 1.25rem; list-style: none; }
.sample-links a[aria-current] { font-weight: 650; text-decoration-thickness: 2px; }
.sample-user { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: center; }
.sample-main > *, .sample-section { min-width: 0; }
.sample-section { display: grid; gap: 0.75rem; justify-items: start; }
.sample-section > * { min-width: 0; max-width: 100%; }
.byok :is(.sample-main, .sample-section) > p { max-width: 44rem; }
.sample-form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; width: 100%; max-width: 44rem; }
.sample-form > .byok-field { display: grid; gap: 0.25rem; flex: 1 1 14rem; min-width: 0; }
.sample-form .byok-input { width: 100%; }
.sample-code {
  width: 100%;
  margin: 0;
  padding: 0.75rem 1rem;
  overflow-x: auto;
  background: var(--color-base-200);
  border-radius: 0.375rem;
  font-size: 0.8125rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
.sample-reply { width: 100%; margin: 0; padding: 0.75rem 1rem; border-inline-start: 3px solid var(--color-primary); background: var(--color-base-200); }
.sample-themes { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.sample-theme {
  display: grid;
  align-content: start;
  gap: 2rem;
  min-width: 0;
  padding: 1.25rem;
  color: var(--color-base-content);
  background: var(--color-base-100);
  border: 1px solid var(--color-base-300);
  border-radius: 0.75rem;
}
.sample-state { display: grid; gap: 0.5rem; min-width: 0; }
.sample-state > * { min-width: 0; }
.sample-icons { display: flex; gap: 1rem; }
.sample-theme .byok-toasts { position: static; width: auto; max-width: none; }
@media (max-width: 30rem) { .sample-theme { padding: 0.75rem; } }
`;

/** Changes with the content, so that browsers can cache it permanently. */
export const SAMPLE_STYLESHEET_URL = `/assets/sample.${createHash('sha256').update(SAMPLE_STYLESHEET).digest('hex').slice(0, 16)}.css`;
