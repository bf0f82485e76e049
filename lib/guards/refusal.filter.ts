import 'reflect-metadata';
import { type ArgumentsHost, type ExceptionFilter, Injectable, Optional, type Type } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, FILTER_CATCH_EXCEPTIONS } from '@nestjs/common/constants.js';
import type { KeyRequirement } from './key-requirement.js';
import { RefusalAnswers } from './refusal-answers.js';
import type { HandlerOf } from './request-keys.js';

/**
 * Answers errors of handlers that are a refusal of the key that the guard resolved. Nest looks at it only when something
 * was thrown, and it leaves all other errors to the filters that would have been next.
 */
class RefusalFilter implements ExceptionFilter {
  constructor(
    private readonly answers: RefusalAnswers | undefined,
    private readonly requirement: KeyRequirement,
    private readonly handler: HandlerOf,
  ) {
    // What it catches depends on the options of its application, and one class may serve several: each has its own type.
    const recognized = { [Symbol.hasInstance]: (error: unknown) => answers?.mayBeRefusal(error, requirement) ?? false };
    const own = Object.create(new.target.prototype) as object;
    Reflect.defineMetadata(FILTER_CATCH_EXCEPTIONS, [recognized], own);
    Object.setPrototypeOf(this, own);
  }

  catch(error: unknown, host: ArgumentsHost): unknown {
    return this.answers?.answer(error, host, this.requirement, this.handler);
  }
}

/**
 * Binds the filter of a requirement to a method or a class. It comes after the filters that the application puts there,
 * above and below the decorator.
 *
 * @internal
 */
export function bindRefusalFilter(requirement: KeyRequirement, target: object, method: object | undefined): void {
  const controller = (typeof target === 'function' ? target : target.constructor) as Type;
  @Injectable()
  class RequirementFilter extends RefusalFilter {
    // Optional, so that a unit test of a controller compiles without the module.
    constructor(@Optional() answers?: RefusalAnswers) {
      super(answers, requirement, { controller, handler: method });
    }
  }
  const bound = method ?? target;
  const others = (Reflect.getMetadata(EXCEPTION_FILTERS_METADATA, bound) ?? []) as unknown[];
  // Nest asks the last one first.
  Reflect.defineMetadata(EXCEPTION_FILTERS_METADATA, [RequirementFilter, ...others], bound);
}
