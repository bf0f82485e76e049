import { defaultTreeAdapter, parseFragment, type DefaultTreeAdapterTypes } from 'parse5';

type Node = DefaultTreeAdapterTypes.ChildNode;

/** What a browser makes of a piece of HTML. */
export interface Shape {
  /** Elements with the names of their attributes: what a text can never change. */
  structure: string;
  /** What could run or lead somewhere. */
  dangers: string[];
  /** Every text and every value of an attribute. */
  texts: string[];
}

const ADDRESS = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'xlink:href',
  'data',
  'poster',
  'srcdoc',
  'background',
]);
const NEVER = new Set(['script', 'style', 'iframe', 'object', 'embed', 'base', 'meta', 'link', 'img', 'template']);

/** Reads HTML as the browser does, with and without JavaScript for the content of `<noscript>`. */
export function shapeOf(html: string): Shape {
  const shape = { structure: '', dangers: [] as string[], texts: [] as string[] };
  walk(parseFragment(html, { scriptingEnabled: false }).childNodes, shape);
  return shape;
}

function walk(nodes: readonly Node[], shape: Shape): void {
  for (const node of nodes) {
    if (defaultTreeAdapter.isTextNode(node)) shape.texts.push(node.value);
    else if (defaultTreeAdapter.isCommentNode(node)) shape.structure += '<!---->';
    if (!defaultTreeAdapter.isElementNode(node)) continue;
    shape.structure += `<${node.tagName} ${node.attrs.map(({ name }) => name).join(' ')}>`;
    if (NEVER.has(node.tagName)) shape.dangers.push(`<${node.tagName}>`);
    for (const { name, value } of node.attrs) {
      shape.texts.push(value);
      if (name.startsWith('on') || name === 'style') shape.dangers.push(name);
      if (ADDRESS.has(name) && !leadsHere(value)) shape.dangers.push(`${name}=${value}`);
    }
    walk(node.childNodes, shape);
    shape.structure += '</>';
  }
}

/** As a browser resolves it: white space around it and controls within it are dropped, backslashes are slashes. */
function leadsHere(address: string): boolean {
  const base = 'https://here.invalid/page';
  if (!URL.canParse(address, base)) return false;
  const { protocol, host, username } = new URL(address, base);
  // An address in full, of a site that was named in plain sight, is allowed.
  if (host !== 'here.invalid') return protocol === 'https:' && /^https:\/\/[^/\\@]/.test(address) && username === '';
  return protocol === 'https:';
}
