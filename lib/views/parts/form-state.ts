import { markup, type Markup } from './markup.js';

/** What a form carries along. @publicApi */
export interface FormStateProps {
  /** The token against forged forms, where the session has one. */
  csrfToken?: string;
  /** A path on this site to go back to afterwards. */
  returnTo?: string;
}

/** Of a form that adds a key, and never replaces one. @internal */
export const ADDS = markup`<input type="hidden" name="mode" value="add">`;

/** Hidden inputs. @internal */
export function formState({ csrfToken, returnTo }: FormStateProps, label?: string): Markup {
  return markup`
    ${csrfToken !== undefined && markup`<input type="hidden" name="_csrf" value="${csrfToken}">`}
    ${returnTo !== undefined && markup`<input type="hidden" name="return_to" value="${returnTo}">`}
    ${label !== undefined && markup`<input type="hidden" name="label" value="${label}">`}`;
}
