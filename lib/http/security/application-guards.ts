import { Inject, Injectable, Scope, type CanActivate, type ExecutionContext, type OnModuleInit } from '@nestjs/common';
import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { CallerResolver } from '../../identity/index.js';
import type { ByokRequest, GuardOption, ResolvedByokOptions } from '../../interfaces/index.js';
import { keepResponse } from '../errors/application-response.js';

type FindGuard = (request: object) => CanActivate | Promise<CanActivate>;

/** Runs guards of the application in front of the module's routes. @internal */
abstract class ApplicationGuards implements CanActivate, OnModuleInit {
  #guards: FindGuard[] = [];

  constructor(
    private readonly guards: readonly GuardOption[],
    private readonly moduleRef: ModuleRef,
    private readonly callers: CallerResolver,
  ) {}

  /** So that a guard that cannot be constructed stops the start. */
  async onModuleInit(): Promise<void> {
    this.#guards = await Promise.all(this.guards.map((guard) => this.#finderOf(guard)));
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<ByokRequest>();
    try {
      for (const find of this.#guards) {
        const allowed = (await find(request)).canActivate(context);
        if (!(await (isObservable(allowed) ? lastValueFrom(allowed) : allowed))) return false;
        // It may have signed the user in.
        this.callers.forget(request);
      }
    } catch (error) {
      keepResponse(error);
      throw error;
    }
    return true;
  }

  async #finderOf(guard: GuardOption): Promise<FindGuard> {
    if (typeof guard !== 'function') return () => guard;
    let scope: Scope;
    try {
      scope = this.moduleRef.introspect(guard).scope;
    } catch {
      const created = await this.moduleRef.create<CanActivate>(guard);
      return () => created;
    }
    if (scope === Scope.DEFAULT) return () => this.moduleRef.get<CanActivate>(guard, { strict: false });
    return (request) => this.moduleRef.resolve(guard, ContextIdFactory.getByRequest(request), { strict: false });
  }
}

/** The options `guards` and `dashboard.guards`. @internal */
@Injectable()
export class PageGuards extends ApplicationGuards {
  constructor(
    @Inject(BYOK_OPTIONS) { guards, dashboard }: ResolvedByokOptions,
    moduleRef: ModuleRef,
    callers: CallerResolver,
  ) {
    super([...guards, ...(dashboard === false ? [] : dashboard.guards)], moduleRef, callers);
  }
}

/** The options `guards` and `api.guards`. @internal */
@Injectable()
export class ApiGuards extends ApplicationGuards {
  constructor(
    @Inject(BYOK_OPTIONS) { guards, api }: ResolvedByokOptions,
    moduleRef: ModuleRef,
    callers: CallerResolver,
  ) {
    super([...guards, ...(api === false ? [] : api.guards)], moduleRef, callers);
  }
}
