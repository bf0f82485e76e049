import { describe, expect, it } from '@jest/globals';
import { h } from 'preact';
import { renderToString } from '../../lib/index.js';
import { asElement, attributes, markup } from '../../lib/views/parts/markup.js';
import { HOSTILE } from './hostile-strings.js';
import { shapeOf } from './html-shape.js';

describe('markup', () => {
  it('escapes texts and values of attributes, and them alone', () => {
    const naive = HOSTILE.filter((text) => shapeOf(`<p title="${text}">${text}</p>`).structure !== '<p title></>');
    expect(naive.length).toBeGreaterThan(90);
    for (const text of HOSTILE) {
      const { html } = markup`<p title="a ${text}">${[text, markup`<b>${text}</b>`]}</p>`;
      expect(shapeOf(html).structure).toBe('<p title><b ></></>');
    }
    const { html } = markup`<p ${attributes({ title: '"><script>' })}>${{ html: '<script>' }}</p>`;
    expect(html).toBe('<p title="&quot;>&lt;script>"></p>');
  });

  it('leaves out what is not there, and the line breaks between tags', () => {
    const own = attributes({ open: true, hidden: false, id: undefined, title: '' });
    expect(markup`
      <p class="a"
        ${own} lang="en">
        ${undefined}${false} ${0}
      </p>`).toEqual({ html: '<p class="a" open title="" lang="en"> 0</p>' });
  });

  it('takes elements in a text, and is one in a page', () => {
    const list = asElement(markup`<ul>${[h('li', null, '<'), markup`<li>2</li>`]}</ul>`);
    expect(renderToString(h('div', null, list))).toBe('<div><ul><li>&lt;</li><li>2</li></ul></div>');
  });

  it.each([
    ['an attribute without quotes', () => markup`<p title=${'a'}></p>`],
    ['single quotes', () => markup`<p title='${'a'}'></p>`],
    ['a text in a tag', () => markup`<p ${'onclick=alert(1)'}></p>`],
    ['the name of an element', () => markup`<${'script'}></p>`],
    ['attributes in a text', () => markup`<p>${attributes({ id: 'a' })}</p>`],
    ['a script', () => markup`<script>${'alert(1)'}</script>`],
    ['a comment', () => markup`<!-- ${'a'} -->`],
  ])('refuses %s', (_, make) => expect(make).toThrow(TypeError));
});
