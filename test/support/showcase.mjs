// An application with everything of the pages to look at: for the browser specs and for the pictures. From the built
// package, as an application has it.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import session from 'express-session';
import {
  Alert,
  KeyInputForm,
  KeyManagerDashboard,
  renderToString,
  scriptUrl,
  stylesheetUrl,
  Toast,
  ToastContainer,
} from '../../dist/entries/views.js';
import { ByokModule, ByokService, EncryptionService, KeyForms } from '../../dist/index.js';

const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'";

export const PROVIDERS = {
  openai: {
    name: 'OpenAI',
    placeholder: 'sk-…',
    keyPrefix: 'sk-',
    keyPattern: /^sk-[a-z0-9-]{16,}$/,
    docsUrl: 'https://platform.openai.com/api-keys',
  },
  vectors: {
    name: 'Vectors',
    placeholder: 'v1.…',
    fields: { region: { label: 'Region', required: true, placeholder: 'eu-central-1' }, organisation: {} },
  },
  // As long as names get, with a word that no line holds.
  long: { name: 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft für Sprachmodelle' },
};

/** @param {Partial<import('../../dist/index.js').ByokModuleOptions>} options */
export async function startShowcase(options = {}) {
  class Showcase {}
  const imports = [
    ByokModule.forRoot({
      secret: EncryptionService.generateSecret(),
      providers: PROVIDERS,
      rateLimit: false,
      https: 'off',
      resolveUser: (request) => request.session.user,
      ...options,
    }),
  ];
  const nest = await NestFactory.create({ module: Showcase, imports }, { logger: false, abortOnError: false });
  nest.use(session({ secret: 'a-secret-of-the-showcase', resave: false, saveUninitialized: false }));
  const send = (response, title, body) =>
    response
      .set({ 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': POLICY })
      .send(
        `<!doctype html><html lang="en" class="byok byok-page"><head><title>${title}</title>` +
          `<link rel="stylesheet" href="${stylesheetUrl()}"><script src="${scriptUrl()}" defer></script></head>` +
          `<body><main class="byok-main"><h1 class="byok-title">${title}</h1>${body}</main></body></html>`,
      );
  const http = nest.getHttpAdapter();
  http.get('/favicon.ico', (_request, response) => response.status(204).end());
  http.get('/sign-in', (_request, response) => send(response, 'Sign in', '<p>Who are you?</p>'));
  http.get('/toasts', (_request, response) => {
    const children = ['One', 'Two', 'Three'].map((message) => Toast({ message, kind: 'success', duration: 1_000 }));
    send(response, 'Toasts', renderToString(ToastContainer({ children })));
  });
  http.get('/own', async (request, response) => {
    const forms = nest.get(KeyForms);
    const notice = await forms.takeNotice(request);
    const told = notice ? renderToString(Alert({ kind: notice.kind, style: 'soft', message: notice.text })) : '';
    const error = notice?.refusal?.message;
    const form = { provider: 'openai', providerConfig: PROVIDERS, ...(await forms.state(request)), error };
    send(response, 'Settings', told + renderToString(KeyInputForm(form)));
  });
  http.get('/team', async (request, response) => {
    const { id, to: returnTo } = request.query;
    const { csrfToken } = await nest.get(KeyForms).state(request);
    const keys = await nest.get(ByokService).listKeys(request);
    const dashboard = { title: 'Keys of the team', id, csrfToken, returnTo, keys, providerConfig: PROVIDERS };
    send(response, 'Team', renderToString(KeyManagerDashboard({ ...dashboard, providers: ['openai'] })));
  });
  http.get('/done', async (request, response) => {
    const notice = await nest.get(KeyForms).takeNotice(request);
    send(response, 'Done', renderToString(Alert({ message: notice?.text ?? 'Nothing was done.' })));
  });
  await nest.listen(0, '127.0.0.1');
  const url = (await nest.getUrl()).replace('[::1]', '127.0.0.1');
  return { url, byok: nest.get(ByokService), close: () => nest.close() };
}
