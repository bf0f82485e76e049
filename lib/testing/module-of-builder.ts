import type { DynamicModule, ForwardReference, Type } from '@nestjs/common';
import { MODULE_METADATA } from '@nestjs/common/constants.js';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { ConfigurationError } from '../errors/index.js';

type Import = Type | DynamicModule | Promise<DynamicModule> | ForwardReference;

/**
 * Adds a module to the test's root module unless one of its kind is imported there already, however deep.
 *
 * @internal
 */
export function importUnlessThere(builder: TestingModuleBuilder, type: Type, make: () => DynamicModule): void {
  // The builder has no other way to it.
  const { module: root } = builder as unknown as { module?: Type };
  if (typeof root !== 'function') {
    throw new ConfigurationError('withTestKeys() takes what Test.createTestingModule() returns.');
  }
  const imports = (Reflect.getMetadata(MODULE_METADATA.IMPORTS, root) ?? []) as Import[];
  const added = isImported(type, imports).then((found) => (found ? { module: NothingToAddModule } : make()));
  // Nest reports it when the test module is compiled.
  added.catch(() => {});
  Reflect.defineMetadata(MODULE_METADATA.IMPORTS, [...imports, added], root);
}

class NothingToAddModule {}

function resolved(given: Import): Type | DynamicModule | Promise<DynamicModule> {
  const { forwardRef } = (given ?? {}) as Partial<ForwardReference<() => Type | DynamicModule>>;
  return forwardRef ? forwardRef() : (given as Type | DynamicModule);
}

async function isImported(wanted: Type, imports: readonly Import[], seen = new Set<object>()): Promise<boolean> {
  for (const given of imports) {
    const each = await resolved(given);
    if (!each || seen.has(each)) continue;
    seen.add(each);
    const { type, more = [] } = typeof each === 'function' ? { type: each } : { type: each.module, more: each.imports };
    if (type === wanted || Object.prototype.isPrototypeOf.call(wanted, type)) return true;
    const own = (Reflect.getMetadata(MODULE_METADATA.IMPORTS, type) ?? []) as Import[];
    if (await isImported(wanted, [...own, ...(more as Import[])], seen)) return true;
  }
  return false;
}
