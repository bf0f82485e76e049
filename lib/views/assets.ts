import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { urlBelow } from './parts/key-urls.js';

/** A file that pages link to. @publicApi */
export interface ByokAsset {
  /** Contains a digest of the content, so that it can be cached permanently: `byok.3f2a9c0d1b8e7a65.css`. */
  readonly fileName: string;
  readonly contentType: string;
  readonly content: Buffer;
  /** For the `integrity` attribute. */
  readonly integrity: string;
}

/** The stylesheet and the script of the components. @publicApi */
export interface ByokAssets {
  readonly stylesheet: ByokAsset;
  readonly script: ByokAsset;
}

let assets: ByokAssets | undefined;

/**
 * The stylesheet and the script of the components, read once. The module serves them at `<path>/assets/<fileName>`; an
 * application without the module's pages can serve them itself.
 *
 * @example
 * ```tsx
 * const { stylesheet } = byokAssets();
 * response.type(stylesheet.contentType).send(stylesheet.content);
 * ```
 *
 * @throws Error if the package was not built
 * @publicApi
 */
export function byokAssets(): ByokAssets {
  assets ??= Object.freeze({
    stylesheet: read('css', 'text/css; charset=utf-8'),
    script: read('js', 'text/javascript; charset=utf-8'),
  });
  return assets;
}

/**
 * The stylesheet's address, for a `<link rel="stylesheet">` in an application's own pages.
 *
 * @param baseUrl - Where the module's pages are mounted.
 * @example
 * ```tsx
 * <link rel="stylesheet" href={stylesheetUrl('/byok')} />
 * ```
 *
 * @publicApi
 */
export function stylesheetUrl(baseUrl = '/byok'): string {
  return addressOf(baseUrl, byokAssets().stylesheet);
}

/**
 * The script's address, for a `<script defer>` in an application's own pages.
 *
 * @param baseUrl - Where the module's pages are mounted.
 * @example
 * ```tsx
 * <script src={scriptUrl('/byok')} defer />
 * ```
 *
 * @publicApi
 */
export function scriptUrl(baseUrl = '/byok'): string {
  return addressOf(baseUrl, byokAssets().script);
}

function addressOf(baseUrl: string, { fileName }: ByokAsset): string {
  return urlBelow(baseUrl, `assets/${fileName}`);
}

function read(extension: string, contentType: string): ByokAsset {
  const content = readFileSync(new URL(`../assets/byok.${extension}`, import.meta.url));
  const digest = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const integrity = `sha384-${createHash('sha384').update(content).digest('base64')}`;
  return Object.freeze({ fileName: `byok.${digest}.${extension}`, contentType, content, integrity });
}
