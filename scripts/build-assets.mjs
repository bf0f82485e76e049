// Builds the stylesheet and the script of lib/views into lib/assets, from where `nest build lib` copies them into dist.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = `${root}lib/assets`;
mkdirSync(out, { recursive: true });

await build({
  entryPoints: [`${root}lib/views/client/main.ts`],
  outfile: `${out}/byok.js`,
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022'],
  charset: 'utf8',
  logLevel: 'warning',
});
execFileSync(
  process.execPath,
  [
    `${root}node_modules/@tailwindcss/cli/dist/index.mjs`,
    ...['--input', `${root}lib/views/styles/byok.css`, '--output', `${out}/byok.css`, '--minify', '--silent'],
  ],
  { cwd: root, stdio: 'inherit' },
);

writeFileSync(`${out}/byok.css`, withoutLayers(readFileSync(`${out}/byok.css`, 'utf8')));

/**
 * Any rule of a page that is in no layer beats all that are in one: `button { background: none }` of a reset would take
 * the colour of our buttons. So the rules of daisyUI's layers stand there without them, the weakest layer first.
 */
function withoutLayers(css) {
  const layers = [];
  let rest = css;
  for (let start; (start = rest.indexOf('@layer ')) !== -1;) {
    const open = rest.indexOf('{', start);
    let end = open + 1;
    for (let depth = 1; depth > 0; end++) depth += { '{': 1, '}': -1 }[rest[end]] ?? 0;
    layers.push({ depth: rest.slice(start, open).split('.').length, rules: rest.slice(open + 1, end - 1) });
    rest = rest.slice(0, start) + rest.slice(end);
  }
  const [banner] = /^(\/\*!.*?\*\/\s*)?/s.exec(rest);
  // A layer is stronger than those within it.
  const rules = layers.sort((a, b) => b.depth - a.depth).map((layer) => layer.rules);
  return banner + rules.join('') + rest.slice(banner.length);
}
