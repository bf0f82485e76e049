import type { VNode } from 'preact';

/** What a form carries along. @publicApi */
export interface FormStateProps {
  /** The token against forged forms, where the session has one. */
  csrfToken?: string;
  /** A path on this site to go back to afterwards. */
  returnTo?: string;
}

/** Hidden inputs; as a list, which costs less than a fragment. @internal */
export function formState({ csrfToken, returnTo, label }: FormStateProps & { label?: string }): VNode[] {
  const inputs: VNode[] = [];
  if (csrfToken !== undefined) inputs.push(<input type="hidden" name="_csrf" value={csrfToken} />);
  if (returnTo !== undefined) inputs.push(<input type="hidden" name="return_to" value={returnTo} />);
  if (label !== undefined) inputs.push(<input type="hidden" name="label" value={label} />);
  return inputs;
}
