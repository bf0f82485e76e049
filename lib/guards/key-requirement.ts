import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { REQUIREMENTS_METADATA } from '../byok.constants.js';

/** That one of these providers' keys is there, under that label. @publicApi */
export interface KeyRequirement {
  readonly providers: readonly string[];
  readonly label: string;
}

/** Adds to what a handler or a class needs; decorators apply from the bottom up, people read from the top down. @internal */
export function addRequirement(target: object, requirement: KeyRequirement): void {
  const known = (Reflect.getMetadata(REQUIREMENTS_METADATA, target) as KeyRequirement[] | undefined) ?? [];
  Reflect.defineMetadata(REQUIREMENTS_METADATA, [requirement, ...known], target);
}

const memo = new WeakMap<object, WeakMap<object, readonly KeyRequirement[]>>();

/** Everything that has to hold for a handler: its class's requirements, then its own. @internal */
export function requirementsOf(controller: Type, handler: object): readonly KeyRequirement[] {
  let ofController = memo.get(controller);
  if (!ofController) memo.set(controller, (ofController = new WeakMap()));
  let found = ofController.get(handler);
  if (!found) {
    found = [controller, handler].flatMap(
      (target) => (Reflect.getMetadata(REQUIREMENTS_METADATA, target) as KeyRequirement[] | undefined) ?? [],
    );
    ofController.set(handler, found);
  }
  return found;
}
