import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { axeViolations, CHROMIUM, launchBrowser, newVisitor, overflows } from '../support/browser.js';

const FAULTY = `<!doctype html><html lang="en"><head><title>As sent</title></head><body><main><h1>Faulty</h1>
  <script>document.title = 'Changed by an inline script';</script>
  <p style="color: red">Styled inline.</p><img src="data:,"><input><p>${'wide'.repeat(200)}</p></main></body></html>`;

let browser: Browser;
let server: Server;
let url: string;

(CHROMIUM ? describe : describe.skip)('The checks of the browser specs', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
    server = createServer((_request, response) => {
      const policy = "default-src 'none'; script-src 'self'";
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(FAULTY);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it('see what is blocked, said, thrown, not accessible and too wide', async () => {
    const { context, complaints } = await newVisitor(browser);
    const page = await context.newPage();
    await page.goto(url);
    expect(await page.title()).toBe('As sent');
    const rules = (await axeViolations(page)).map((violation) => violation.split(':')[0]);
    expect(rules).toEqual(expect.arrayContaining(['image-alt', 'label']));
    expect((await overflows(page, [320]))[320]).toBeGreaterThan(0);
    const thrown = page.waitForEvent('pageerror');
    await page.evaluate(() => {
      console.warn('heard');
      void Promise.reject(new Error('thrown'));
    });
    await thrown;
    await context.close();
    expect(complaints.violations).toEqual(expect.arrayContaining(['script-src-elem inline', 'style-src-attr inline']));
    expect(complaints.console).toContain('heard');
    expect(complaints.errors).toEqual(['thrown']);
  });
});
