import 'reflect-metadata';
import { createRequire } from 'node:module';
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ByokModule, EncryptionService } from 'nestjs-byok';

// An application on Fastify that has no Express: it saves a key by the form of the page, and prints what it saw.

class AppModule {}
Module({ imports: [ByokModule.forRoot({ secret: EncryptionService.generateSecret() })] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
await app.register(cookie);
await app.register(session, {
  secret: 'a-secret-of-the-tests-that-is-long',
  cookie: { secure: 'auto', sameSite: 'lax' },
  saveUninitialized: false,
});
await app.listen(0, '127.0.0.1');
const url = `${await app.getUrl()}/byok`;
const page = await fetch(url, { headers: { accept: 'text/html' } });
const headers = { cookie: page.headers.getSetCookie()[0].split(';')[0], 'sec-fetch-site': 'same-origin' };
const [, token] = /name="_csrf" value="([^"]+)"/.exec(await page.text());
const body = new URLSearchParams({ _csrf: token, provider: 'openai', api_key: process.env.TEST_KEY });
const saved = await fetch(`${url}/keys`, { method: 'POST', headers, body, redirect: 'manual' });
const { keys } = await (await fetch(`${url}/api/keys`, { headers })).json();
// Express is CommonJS: what was loaded of it is in this cache.
const loaded = Object.keys(createRequire(import.meta.url).cache);
console.log(
  JSON.stringify({
    saved: saved.status,
    keys,
    loadedOfFastify: loaded.some((path) => /node_modules.fastify\W/.test(path)),
    loadedOfExpress: loaded.filter((path) => /node_modules.(express|body-parser|express-session)\W/.test(path)),
  }),
);
await app.close();
