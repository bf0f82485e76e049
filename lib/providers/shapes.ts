import type { KeyVerdict } from '../interfaces/index.js';
import type { Shape } from './read-answer.js';
import { ACCEPTED, INVALID, NO_CREDIT, RESTRICTED, REVOKED } from './verdicts.js';
import { isObject } from './words.js';

/** `{ [name]: […] }` */
export function listIn(name: string): Shape {
  return object((body) => accepted(Array.isArray(body[name])));
}

/** A list that is the whole body. */
export const bareList: Shape = (body) => accepted(Array.isArray(body));

/** All these are texts that are not empty. */
export function texts(...names: readonly string[]): Shape {
  return object((body) => accepted(names.every((name) => typeof body[name] === 'string' && body[name] !== '')));
}

/** `{ [name]: value }` */
export function value(name: string, expected: string): Shape {
  return object((body) => accepted(body[name] === expected));
}

/** Facts of which at least one has such a name, and no error among them. */
export function facts(named: RegExp): Shape {
  return object((body) => {
    const names = Object.keys(body);
    return accepted(
      names.some((name) => named.test(name)) && !names.some((name) => /^err|^message$|^detail$/i.test(name)),
    );
  });
}

/** `{ [name]: true }` is accepted, `false` is what the provider means by it. */
export function flag(name: string, ifFalse: KeyVerdict): Shape {
  return object((body) => (body[name] === true ? ACCEPTED : body[name] === false ? ifFalse : undefined));
}

/** Cohere. */
export const validFlag = flag('valid', INVALID);

/** DeepSeek. */
export const balanceFlag = flag('is_available', NO_CREDIT);

/** OpenRouter: a management key is accepted, but not for inference. */
export const openRouterKey: Shape = object(({ data }) => {
  if (!isObject(data) || typeof data.label !== 'string') return undefined;
  if (data.is_management_key === true || data.is_provisioning_key === true) return RESTRICTED;
  return typeof data.limit_remaining === 'number' && data.limit_remaining <= 0 ? NO_CREDIT : ACCEPTED;
});

const X_AI_FLAGS = ['api_key_blocked', 'api_key_disabled', 'team_blocked'];

/** XAI: also a blocked key gets an answer. */
export const xAiKey: Shape = object((body) => {
  const flags = X_AI_FLAGS.map((name) => body[name]);
  if (flags.includes(true)) return REVOKED;
  return accepted(flags.every((each) => each === false));
});

/** Hugging Face: who it is, and by which token. */
export const whoAmI: Shape = object((body) => accepted(typeof body.name === 'string' && isObject(body.auth)));

/** AWS STS, in XML or JSON. */
export const callerIdentity: Shape = object((body) => {
  const response = body.GetCallerIdentityResponse;
  const result = isObject(response) ? response.GetCallerIdentityResult : body;
  return accepted(isObject(result) && typeof result.Account === 'string' && typeof result.Arn === 'string');
});

function object(read: (body: Record<string, unknown>) => KeyVerdict | undefined): Shape {
  return (body) => (isObject(body) ? read(body) : undefined);
}

function accepted(is: boolean): KeyVerdict | undefined {
  return is ? ACCEPTED : undefined;
}
