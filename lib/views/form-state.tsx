import type { VNode } from 'preact';

/** What a form carries along. @publicApi */
export interface FormStateProps {
  /** The token against forged forms, where the session has one. */
  csrfToken?: string;
  /** A path on this site to go back to afterwards. */
  returnTo?: string;
}

/** @internal */
export function formState({ csrfToken, returnTo, label }: FormStateProps & { label?: string }): VNode {
  return (
    <>
      {csrfToken !== undefined && <input type="hidden" name="_csrf" value={csrfToken} />}
      {returnTo !== undefined && <input type="hidden" name="return_to" value={returnTo} />}
      {label !== undefined && <input type="hidden" name="label" value={label} />}
    </>
  );
}
