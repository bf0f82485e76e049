/** A form that was refused, and why. @publicApi */
export interface Refusal {
  provider: string;
  /** The label of the key that the form is about. Default: the key without a label. */
  label?: string;
  message: string;
  /** Which form it was: one to add a key, or one of a stored key. Default `'replace'`. */
  form?: 'add' | 'replace' | 'edit';
  /** The kind of owner whose key it is, if that is not the reader. */
  owner?: string;
}

/** The reason to show in a form of a stored key. @internal */
export function refusalOf(
  refusal: Refusal | undefined,
  provider: string,
  label: string | undefined,
): Refusal | undefined {
  if (refusal?.provider !== provider || refusal.form === 'add') return undefined;
  return (refusal.label ?? 'default') === (label ?? 'default') ? refusal : undefined;
}
