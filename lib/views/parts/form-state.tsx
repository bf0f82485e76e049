import type { VNode } from 'preact';

/** The values that each form sends back. @publicApi */
export interface FormStateProps {
  /** The CSRF token, if the session has one. */
  csrfToken?: string;
  /** A path on this site to return to after the form. */
  returnTo?: string;
}

/** Properties of {@link FormState}. @internal */
export interface HiddenInputsProps extends FormStateProps {
  label?: string;
  /** Whether the form adds a key and never replaces one. */
  adds?: boolean;
}

/** Hidden inputs. @internal */
export function FormState({ csrfToken, returnTo, label, adds }: HiddenInputsProps): VNode {
  return (
    <>
      {csrfToken !== undefined && <input type="hidden" name="_csrf" value={csrfToken} />}
      {returnTo !== undefined && <input type="hidden" name="return_to" value={returnTo} />}
      {label !== undefined && <input type="hidden" name="label" value={label} />}
      {adds && <input type="hidden" name="mode" value="add" />}
    </>
  );
}
