import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { REQUIREMENTS_METADATA } from '../byok.constants.js';
import type { ProviderOfRequest } from '../interfaces/index.js';

/** That there is a key of one of these providers. @publicApi */
export interface KeyRequirement {
  readonly providers: readonly string[];
  /** Names the provider of each call, where no name is fixed; `providers` is empty then. */
  readonly providerOf?: ProviderOfRequest;
  /** Only the key of this label will do; `undefined`: the default key of the provider. */
  readonly label?: string;
  /** Whose keys will do, in this order; `undefined`: by the option `keySources`. */
  readonly from?: readonly string[];
  /** `false`: errors of the handler are never taken for a refusal of this key. */
  readonly feedback?: boolean;
}

/** Adds to what a handler or a class needs; decorators apply from the bottom up, people read from the top down. @internal */
export function addRequirement(target: object, requirement: KeyRequirement): void {
  Reflect.defineMetadata(REQUIREMENTS_METADATA, [requirement, ...ownRequirements(target)], target);
}

const memo = new WeakMap<object, WeakMap<object, readonly KeyRequirement[]>>();

/**
 * Everything that has to hold for a handler: its class's requirements, then its own. Those of a base class come before
 * those of a subclass, so that an inherited handler is given the key it was written for.
 *
 * @internal
 */
export function requirementsOf(controller: Type, handler: object): readonly KeyRequirement[] {
  let ofController = memo.get(controller);
  if (!ofController) memo.set(controller, (ofController = new WeakMap()));
  let found = ofController.get(handler);
  if (!found) ofController.set(handler, (found = [...lineOf(controller), handler].flatMap(ownRequirements)));
  return found;
}

/** Whether a provider is known only with the call. @internal */
export function isNamedByCall(requirements: readonly KeyRequirement[]): boolean {
  return requirements.some(({ providerOf }) => providerOf);
}

function ownRequirements(target: object): KeyRequirement[] {
  return (Reflect.getOwnMetadata(REQUIREMENTS_METADATA, target) as KeyRequirement[] | undefined) ?? [];
}

/** A class and those it extends, the base first. @internal */
export function lineOf(controller: object): object[] {
  const base = Reflect.getPrototypeOf(controller);
  return base === null || base === Function.prototype ? [controller] : [...lineOf(base), controller];
}
