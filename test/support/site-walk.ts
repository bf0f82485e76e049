import { createServer, request as send } from 'node:http';
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import type { Agent } from 'supertest';
import { KEY } from './edge-app.js';
import { listenLocally, passOn } from './local-server.js';

/** A proxy that passes requests on under another path, and answers 404 to those that it has none for. */
export function startRewritingProxy(target: string, rewrite: (path: string) => string | undefined) {
  const server = createServer((incoming, answer) => {
    const path = rewrite(incoming.url!);
    if (path === undefined) {
      answer.writeHead(404).end('The proxy knows no such path.');
      return;
    }
    passOn(incoming, send(target + path, { method: incoming.method, headers: incoming.headers }), answer);
  });
  return listenLocally(server);
}

interface Form {
  action: string;
  fields: Record<string, string>;
}

/** What a page leads to. */
export interface Leads {
  links: string[];
  forms: Form[];
}

export function leadsOf(html: string): Leads {
  const leads: Leads = { links: [], forms: [] };
  const visit = (node: Tree.Node, form?: Form): void => {
    const attributes = Object.fromEntries(('attrs' in node ? node.attrs : []).map(({ name, value }) => [name, value]));
    const { href, src, name } = attributes;
    let inner = form;
    if (node.nodeName === 'form') {
      inner = { action: attributes['action'], fields: {} };
      leads.forms.push(inner);
    }
    if (href !== undefined && !/^(#|https?:)/.test(href)) leads.links.push(href);
    if (src !== undefined) leads.links.push(src);
    if (inner && name !== undefined) inner.fields[name] ??= attributes['value'] ?? '';
    for (const child of 'childNodes' in node ? node.childNodes : []) visit(child, inner);
  };
  visit(parse(html));
  return leads;
}

/** What answered what on a walk: `GET /byok` → 200. */
export type Walk = Record<string, number>;

/** Follows every link, asset and form from these pages on, as a browser would: each form once, those that delete last. */
export async function walkSite(browser: Agent, ...starts: string[]): Promise<Walk> {
  const walk: Walk = {};
  const todo = [...starts];
  const forms: Form[] = [];
  const visit = async (path: string): Promise<void> => {
    const answer = await browser.get(path).set('Accept', 'text/html').redirects(0);
    walk[`GET ${path}`] = answer.status;
    if (!/^text\/html/.test(String(answer.headers['content-type']))) return;
    const { links, forms: found } = leadsOf(answer.text);
    todo.push(...links);
    forms.push(...found);
  };
  for (;;) {
    const path = todo.find((each) => walk[`GET ${each}`] === undefined);
    if (path !== undefined) {
      await visit(path);
      continue;
    }
    forms.sort((a, b) => rankOf(a) - rankOf(b));
    const form = forms.find(({ action }) => walk[`POST ${action}`] === undefined);
    if (!form) return walk;
    const { status, headers } = await browser.post(form.action).type('form').redirects(0).send(filledIn(form));
    walk[`POST ${form.action}`] = status;
    const to = headers['location'] as string | undefined;
    if (to !== undefined) await visit(to);
  }
}

function rankOf({ action }: Form): number {
  return Number(action.endsWith('/delete')) + 2 * Number(action.endsWith('/clear'));
}

function filledIn({ fields }: Form): Record<string, string> {
  return {
    ...fields,
    ...('api_key' in fields && { api_key: KEY }),
    ...('provider' in fields && { provider: fields['provider'] || 'openai', label: 'second' }),
  };
}
