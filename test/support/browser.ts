import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { findChromium, launchChromium } from './chromium.mjs';

/** Where the browser is; `undefined` where there is none, and then the specs of pages are left out. */
export const CHROMIUM = await findChromium();

if (CHROMIUM === undefined) {
  process.stderr.write(
    '\n*** SKIPPED: no Chromium on this platform. Set CHROME_PATH to run the browser tests. ***\n\n',
  );
}

/** A browser for a spec. */
export function launchBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('There is no Chromium.');
  return launchChromium(CHROMIUM);
}

/** What a page said that a person would not see. */
export interface Complaints {
  console: string[];
  errors: string[];
  /** Of the Content-Security-Policy: directive and what was blocked. */
  violations: string[];
}

/** A context whose every page is listened to. */
export interface Listened {
  context: BrowserContext;
  complaints: Complaints;
}

let visitors = 0;

/** A fresh browser profile, at an address of its own: writes are limited per address. */
export async function newVisitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Listened> {
  visitors++;
  const forwarded = `10.${process.pid & 255}.${visitors >> 8}.${visitors & 255}`;
  const context = await browser.newContext({ ...options, extraHTTPHeaders: { 'x-forwarded-for': forwarded } });
  // For what hangs, as jest's own limit: a busy machine is slow.
  context.setDefaultTimeout(60_000);
  const complaints: Complaints = { console: [], errors: [], violations: [] };
  if (options.javaScriptEnabled !== false) {
    await context.exposeFunction('reportViolation', (text: string) => complaints.violations.push(text));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const report = (globalThis as unknown as { reportViolation(text: string): void }).reportViolation;
        report(`${event.effectiveDirective} ${event.blockedURI}`);
      });
    });
  }
  context.on('page', (page) => {
    page.on('console', (message) => {
      // Chromium reports the status of the page itself where that is an error; the specs look at it themselves.
      const ofThePage = message.location().url === page.url() && /^Failed to load resource/.test(message.text());
      // Advice for forms to sign in, which ours must not look like.
      const isAdvice = message.text().startsWith('[DOM] Password forms should have');
      if (!ofThePage && !isAdvice) complaints.console.push(message.text());
    });
    page.on('pageerror', (error) => complaints.errors.push(error.message));
  });
  return { context, complaints };
}

/** What axe finds in a part of the page, as `rule: element`. */
export async function axeViolations(page: Page, part = 'html'): Promise<string[]> {
  // There are no frames, for which axe would open a page of its own each time; what is in order need not be described.
  const axe = new AxeBuilder({ page })
    .include(part)
    .setLegacyMode()
    .options({ resultTypes: ['violations'] });
  const { violations, passes } = await axe.analyze();
  if (passes.length === 0) throw new Error('axe has looked at nothing.');
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, target, failureSummary }) => `${id}: ${target.join(' ')} ${html} ${failureSummary ?? ''}`),
  );
}

/** How many pixels the page is wider than its window, at each width. */
export async function overflows(page: Page, widths: readonly number[]): Promise<Record<number, number>> {
  const found: Record<number, number> = {};
  const before = page.viewportSize();
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    found[width] = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
  }
  if (before) await page.setViewportSize(before);
  return found;
}

/** Complaints of a page that has none. */
export const QUIET: Complaints = { console: [], errors: [], violations: [] };
