import type { VNode } from 'preact';

interface FieldFormProps {
  action: string;
  field: string;
  label: string;
  button: string;
  value: string;
  maxLength: number;
  autoComplete?: string;
}

/** A form of one field. */
export function FieldForm({ action, field, label, button, value, maxLength, autoComplete }: FieldFormProps): VNode {
  return (
    <form class="sample-form" method="post" action={action}>
      <div class="byok-field">
        <label class="byok-label" for={field}>
          {label}
        </label>
        <input
          id={field}
          class="byok-input"
          name={field}
          required
          maxLength={maxLength}
          defaultValue={value}
          autoComplete={autoComplete}
        />
      </div>
      <button class="byok-btn byok-btn-primary" type="submit">
        {button}
      </button>
    </form>
  );
}
