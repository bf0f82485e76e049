import type { VNode } from 'preact';
import { Page } from './page.js';

/** @internal */
export function ErrorPage({ title, message }: { title: string; message: string }): VNode {
  return (
    <Page title={title}>
      <p>{message}</p>
    </Page>
  );
}
