import { InlineKeyInput, KeyInputForm, MultiProviderKeyForm, ValidationMessage } from 'nestjs-byok/views';
import { providersOf } from './examples.js';
import type { Shown } from './gallery.page.js';

/** The forms. Ids begin with the theme, because the page shows everything twice. */
export function forms(theme: string): Shown[] {
  const providers = providersOf(theme);
  const shared = { providerConfig: providers, csrfToken: 'none' };
  return [
    { name: 'KeyInputForm', content: <KeyInputForm {...shared} provider="openai" id={`${theme}-form`} /> },
    {
      name: 'KeyInputForm, refused',
      content: (
        <KeyInputForm
          {...shared}
          provider="openai"
          id={`${theme}-refused`}
          error="This key was not accepted. Check that all of it was copied."
        />
      ),
    },
    {
      name: 'KeyInputForm with extra values and a label',
      content: <KeyInputForm {...shared} provider="azure" id={`${theme}-extra`} askLabel />,
    },
    {
      name: 'KeyInputForm without help, with a placeholder',
      content: (
        <KeyInputForm {...shared} provider="openai" id={`${theme}-bare`} showHelp={false} placeholder="Paste it here" />
      ),
    },
    {
      name: 'KeyInputForm with an unsafe address',
      content: <KeyInputForm {...shared} provider="openai" id={`${theme}-unsafe`} action="javascript:void(0)" />,
    },
    {
      name: 'MultiProviderKeyForm',
      content: (
        <MultiProviderKeyForm
          {...shared}
          providers={Object.keys(providers)}
          defaultProvider="anthropic"
          id={`${theme}-choice`}
          allowOther
          askLabel
        />
      ),
    },
    { name: 'InlineKeyInput', content: <InlineKeyInput {...shared} provider="openai" id={`${theme}-inline`} /> },
    {
      name: 'InlineKeyInput, not compact',
      content: <InlineKeyInput {...shared} provider="anthropic" id={`${theme}-large`} compact={false} />,
    },
    { name: 'ValidationMessage, valid', content: <ValidationMessage isValid message="This looks like a key." /> },
    { name: 'ValidationMessage, invalid', content: <ValidationMessage message="A key for OpenAI begins with sk-." /> },
    {
      name: 'ValidationMessage without an icon',
      content: <ValidationMessage message="A key has 8 characters or more." showIcon={false} />,
    },
  ];
}
