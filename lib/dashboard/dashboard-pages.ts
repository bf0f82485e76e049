import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { BYOK_OPTIONS } from '../byok.constants.js';
import { UserRequiredError } from '../errors/index.js';
import {
  CsrfTokens,
  Flash,
  isSecure,
  MountPath,
  ownerIn,
  type PageParts,
  PageRenderer,
  RequestedOwners,
  type SharedWithCaller,
  signInUrlOf,
} from '../http/index.js';
import { CallerResolver } from '../identity/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../interfaces/index.js';
import { ByokService } from '../keys/index.js';
import { clearPage, dashboardPage, type SharedKeys } from '../views/index.js';

/** Entries of the audit log that the dashboard shows. */
const ACTIVITY = 20;

/** Gathers what the pages show, and sends them. @internal */
@Injectable()
export class DashboardPages {
  constructor(
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
    private readonly byok: ByokService,
    private readonly callers: CallerResolver,
    private readonly owners: RequestedOwners,
    private readonly tokens: CsrfTokens,
    private readonly flash: Flash,
    private readonly frame: PageRenderer,
    private readonly mountPath: MountPath,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  async dashboard(request: ByokRequest): Promise<PageParts> {
    const { dashboard, providers, defaultTtl, audit } = this.options;
    const keys = await this.byok.listKeys(request);
    const { source } = await this.callers.scopeOf(request);
    const shared = await Promise.all((await this.owners.all(request)).map((owner) => this.#shared(owner, request)));
    return dashboardPage({
      ...this.frame.reader(request),
      title: dashboard === false ? undefined : dashboard.title,
      baseUrl: this.mountPath.url,
      keys,
      shared,
      providerConfigs: providers,
      csrfToken: await this.tokens.issue(request),
      notice: await this.flash.take(request),
      security: { secure: isSecure(request), storage: source, defaultTtl },
      activity: audit === false ? undefined : await this.byok.auditTrail(request, { limit: ACTIVITY }),
    });
  }

  async #shared(owner: SharedWithCaller, request: ByokRequest): Promise<SharedKeys> {
    const { kind, name, canManage } = owner;
    const keys = await this.byok.listKeys(await this.owners.holderOf(owner, request));
    return { kind, name, canManage, keys };
  }

  async clear(request: ByokRequest, query: unknown): Promise<PageParts> {
    return clearPage({
      ...this.frame.reader(request),
      baseUrl: this.mountPath.url,
      owner: ownerIn(query),
      count: (await this.byok.listKeys(await this.owners.managed(request, query))).length,
      csrfToken: await this.tokens.issue(request),
    });
  }

  /** Sends a page, or leads who has to sign in to where they can. */
  async send(request: ByokRequest, response: unknown, make: () => Promise<PageParts>): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    let page: PageParts;
    try {
      page = await make();
    } catch (error) {
      const signIn =
        error instanceof UserRequiredError && !error.hasUser
          ? signInUrlOf(this.options, request, this.mountPath)
          : undefined;
      if (signIn === undefined) throw error;
      httpAdapter.redirect(response, 303, signIn);
      return;
    }
    const html = await this.frame.render(request, page);
    httpAdapter.setHeader(response, 'Content-Type', 'text/html; charset=utf-8');
    httpAdapter.reply(response, html, 200);
  }
}
