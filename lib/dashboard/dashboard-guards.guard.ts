import { Inject, Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { isObservable, lastValueFrom } from 'rxjs';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { CallerResolver } from '../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';

/** Runs the guards that the application puts in front of the pages. @internal */
@Injectable()
export class DashboardGuards implements CanActivate {
  #guards: Promise<CanActivate[]> | undefined;

  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly moduleRef: ModuleRef,
    private readonly callers: CallerResolver,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    this.#guards ??= this.#instances();
    for (const guard of await this.#guards) {
      const allowed = guard.canActivate(context);
      if (!(await (isObservable(allowed) ? lastValueFrom(allowed) : allowed))) return false;
      // It may have signed the user in.
      this.callers.forget(context.switchToHttp().getRequest<ByokRequest>());
    }
    return true;
  }

  async #instances(): Promise<CanActivate[]> {
    const guards = this.options.dashboard === false ? [] : this.options.dashboard.guards;
    return Promise.all(guards.map(async (guard) => (typeof guard === 'function' ? this.#instance(guard) : guard)));
  }

  /** The application's own instance where it has one, with all that it depends on. */
  async #instance(guard: Type<CanActivate>): Promise<CanActivate> {
    try {
      return this.moduleRef.get(guard, { strict: false });
    } catch {
      return this.moduleRef.create(guard);
    }
  }
}
