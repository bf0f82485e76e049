// Builds the stylesheet and the script of lib/views into lib/assets, from where `nest build lib` copies them into dist.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
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
