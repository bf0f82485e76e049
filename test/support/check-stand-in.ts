import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { KeyChecker, KeyVerdictReason, ProviderConfig } from '../../lib/index.js';
import { listenLocally } from './local-server.js';

/** What a stand-in does with a request, by the key that it brings. */
type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

/** A provider that is asked about keys: it accepts all but those it is told about. */
export interface CheckStandIn {
  url: string;
  /** Keys in the order in which they came. */
  asked: string[];
  on(key: string, behaviour: Behaviour): void;
  /** Answers what comes from now on with a status and a body. */
  answer(key: string, status: number, body?: object): void;
  /** Holds requests with this key back. Resolves when one is here, with what lets it go on. */
  hold(key: string): Promise<() => void>;
  /** A provider at this stand-in. */
  config: ProviderConfig;
  close(): Promise<void>;
}

const check: KeyChecker = async ({ apiKey, fields, fetch }) => {
  const url = `${fields['endpoint'] ?? fields['baseUrl']}/me`;
  const response = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } });
  const { reason } = (await response.json()) as { reason?: KeyVerdictReason };
  if (response.status === 200) return { outcome: 'accepted', ...(reason !== undefined && { reason }) };
  if (response.status === 401) return { outcome: 'refused', reason: reason ?? 'invalid' };
  return { outcome: 'unknown', reason: 'unreadable' };
};

export async function startCheckStandIn(): Promise<CheckStandIn> {
  const behaviours = new Map<string, Behaviour>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    asked.push(key);
    (behaviours.get(key) ?? reply(200))(response, request);
  });
  const { url, close } = await listenLocally(server);
  return {
    url,
    asked,
    on: (key, behaviour) => void behaviours.set(key, behaviour),
    answer: (key, status, body) => void behaviours.set(key, reply(status, body)),
    hold: (key) =>
      new Promise((resolve) => {
        behaviours.set(key, (response) => {
          behaviours.delete(key);
          resolve(() => reply(200)(response, undefined as never));
        });
      }),
    config: {
      name: 'Acme',
      baseUrl: url,
      check: (key) => check({ ...key, fields: { baseUrl: url, ...key.fields } }),
    },
    close,
  };
}

function reply(status: number, body: object = {}): Behaviour {
  return (response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
