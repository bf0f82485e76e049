import type { ComponentChildren, VNode } from 'preact';
import { alerts } from './alerts.js';
import { forms } from './forms.js';
import { keys } from './keys.js';
import { languages } from './languages.js';

/** The shown, with the name of its component and state. */
export interface Shown {
  name: string;
  content: ComponentChildren;
}

/** Every component in every state, in both themes. */
export function GalleryPage(): VNode {
  return (
    <>
      <p>
        Every component of the library in every state. Their forms are sent nowhere that keeps anything: what is sent
        here is refused.
      </p>
      <div class="sample-themes">
        <Theme theme="light" title="Light" />
        <Theme theme="dark" title="Dark" />
      </div>
    </>
  );
}

function Theme({ theme, title }: { theme: 'light' | 'dark'; title: string }): VNode {
  return (
    <section class="byok sample-theme" data-theme={theme} aria-labelledby={`theme-${theme}`}>
      <h2 class="byok-title" id={`theme-${theme}`}>
        {title}
      </h2>
      {[...forms(theme), ...keys(theme), ...alerts(theme), ...languages(theme)].map(({ name, content }) => (
        <div key={name} class="sample-state">
          <h3 class="byok-title">{name}</h3>
          {content}
        </div>
      ))}
    </section>
  );
}
