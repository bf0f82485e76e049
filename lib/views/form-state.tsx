import type { VNode } from 'preact';

/** What a form carries along. @internal */
export interface FormStateProps {
  csrfToken?: string;
  returnTo?: string;
  label?: string;
}

/** @internal */
export function FormState({ csrfToken, returnTo, label }: FormStateProps): VNode {
  return (
    <>
      {csrfToken !== undefined && <input type="hidden" name="_csrf" value={csrfToken} />}
      {returnTo !== undefined && <input type="hidden" name="return_to" value={returnTo} />}
      {label !== undefined && <input type="hidden" name="label" value={label} />}
    </>
  );
}
