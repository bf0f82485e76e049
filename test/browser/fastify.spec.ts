import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Header, HttpCode, Post, Redirect, Req } from '@nestjs/common';
import type { Browser } from 'playwright-core';
import { CHROMIUM, launchBrowser, newVisitor, QUIET } from '../support/browser.js';
import { type EdgeApp, startEdge } from '../support/edge-app.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { mouse, Person } from './people.js';

interface SessionRequest {
  session: { set(name: string, value: string): void };
  user?: { id: string };
}

/** The pages of an application on Fastify, as far as a person needs them. */
@Controller()
class Home {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(@Req() { user }: SessionRequest) {
    const signIn = `<form method="post" action="/enter"><label>Sign in as any name <input name="user"></label><button>Sign in</button></form>`;
    return `<!doctype html><html lang="en"><title>Home</title><nav><a href="/byok">API keys</a></nav>${
      user ? `<p>Signed in as ${user.id}</p>` : signIn
    }</html>`;
  }

  @Post('enter')
  @HttpCode(303)
  @Redirect('/', 303)
  enter(@Req() { session }: SessionRequest, @Body('user') user: string) {
    session.set('user', user);
  }

  @Get('favicon.ico')
  @HttpCode(204)
  icon() {}
}

let browser: Browser;
let database: TestDatabase;
let app: EdgeApp;

(CHROMIUM ? describe : describe.skip)('In a browser, on Fastify', () => {
  beforeAll(async () => {
    [database, browser] = await Promise.all([createDatabase(), launchBrowser()]);
    const providers = { openai: { name: 'OpenAI' } };
    app = await startEdge({ platform: 'fastify', controllers: [Home], options: { db: database.url, providers } });
  });

  afterAll(async () => {
    await browser.close();
    await app.close();
    await database.drop();
  });

  it('keys are added, replaced and deleted', async () => {
    const { context, complaints } = await newVisitor(browser, { locale: 'en' });
    try {
      const person = new Person(await context.newPage(), app.url, mouse, true);
      await person.signIn('freya');
      await person.follow('API keys', 'API keys');
      await person.save('OpenAI', 'an-example-of-an-api-key-1f9c');
      await person.sees('OpenAI', '…1f9c');
      await person.replace('OpenAI', 'an-example-of-another-key-2b2b');
      await person.sees('OpenAI', '…2b2b');
      await person.askToDelete('OpenAI');
      await person.confirm('OpenAI');
      await person.seesNoKey('OpenAI');
      expect(await person.page.content()).not.toContain('an-example-of');
    } finally {
      await context.close();
    }
    expect(complaints).toEqual(QUIET);
    expect(await app.byok.listKeys({ userId: 'freya' })).toEqual([]);
  });
});
