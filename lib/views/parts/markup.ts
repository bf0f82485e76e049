import { isValidElement, type VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { jsxAttr, jsxEscape, jsxTemplate } from 'preact/jsx-runtime';

/** A piece of a page in which every text is escaped already. Made by {@link markup} alone. @internal */
export class Markup {
  constructor(readonly html: string) {}
}

/** Attributes that some elements have and others not. Made by {@link attributes} alone. @internal */
export class Attributes {
  constructor(readonly html: string) {}
}

/** What may stand in markup. @internal */
export type MarkupValue = string | number | false | null | undefined | Markup | VNode | Attributes | MarkupValue[];

/**
 * Markup that is written out, for what a page has many times over: a fifth of the time of elements. Texts are escaped,
 * by the functions that compiled JSX is escaped with. A value stands in a text, where it can be markup or an element
 * too, or within the double quotes of an attribute, or is {@link attributes} in a tag; any other place is refused, be
 * the value harmless or not. As in JSX, line breaks and the white space around them are no text.
 *
 * @example
 * ```tsx
 * markup`<p class="byok-help" id="${id}">${text}</p>`;
 * ```
 *
 * @internal
 */
export function markup(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  let template = templates.get(strings);
  if (!template) templates.set(strings, (template = read(strings)));
  const { pieces, places } = template;
  let html = pieces[0];
  for (let index = 0; index < values.length; index++) html += fill(values[index], places[index]) + pieces[index + 1];
  return new Markup(html);
}

/**
 * Attributes for a place in a tag; those that are `undefined` or `false` are left out.
 *
 * @example
 * ```tsx
 * markup`<input name="api_key" ${attributes({ disabled, 'aria-describedby': helpId })}>`;
 * ```
 *
 * @internal
 */
export function attributes(values: Readonly<Record<string, string | boolean | undefined>>): Attributes {
  let html = '';
  for (const name in values) {
    const value = values[name];
    if (value !== undefined && value !== false) html += ` ${String(jsxAttr(name, value))}`;
  }
  return new Attributes(html);
}

/** Markup as an element, which is what components are made of. @internal */
export function asElement({ html }: Markup): VNode {
  return jsxTemplate([html]) as VNode;
}

type Place = 'text' | 'value' | 'tag';

interface Template {
  pieces: string[];
  /** Where each value stands. */
  places: Place[];
}

const templates = new WeakMap<TemplateStringsArray, Template>();

function fill(value: MarkupValue, place: Place): string {
  if (place === 'tag') {
    if (value instanceof Attributes) return value.html;
    throw new TypeError('Only attributes() may stand in a tag.');
  }
  if (typeof value === 'string') return jsxEscape(value) as string;
  if (value === undefined || value === null || value === false) return '';
  if (place === 'text') {
    if (value instanceof Markup) return value.html;
    if (value instanceof Attributes) throw new TypeError('attributes() may only stand in a tag.');
    if (isValidElement(value)) return renderToString(value);
    if (Array.isArray(value)) return value.map((part) => fill(part, place)).join('');
  }
  // What else there may be at run time is no text; the renderer leaves it out too.
  return typeof value === 'number' ? String(value) : '';
}

function read(strings: readonly string[]): Template {
  const template: Template = { pieces: [], places: [] };
  let place: Place = 'text';
  for (const string of strings) {
    // Comments, scripts and the like are read by other rules.
    if (/<(!|script|style|title|textarea|template)/i.test(string)) throw new TypeError(`Not for values: ${string}`);
    let piece = '';
    for (const line of string.split(/\s*\n\s*/)) {
      if (piece !== '' && place === 'tag') piece += ' ';
      piece += line;
      place = after(line, place);
    }
    // Attributes bring the space before them.
    template.pieces.push(place === 'tag' ? piece.trimEnd() : piece);
    template.places.push(place);
  }
  return template;
}

function after(piece: string, place: Place): Place {
  for (let index = 0; index < piece.length; index++) {
    const character = piece[index];
    if (place === 'text') {
      if (character === '<') place = 'tag';
    } else if (place === 'value') {
      if (character === '"') place = 'tag';
    } else if (character === '>') place = 'text';
    else if (character === "'" || (character === '"' && piece[index - 1] !== '=')) {
      throw new TypeError(`Attributes have double quotes: ${piece}`);
    } else if (character === '"') place = 'value';
  }
  return place;
}
