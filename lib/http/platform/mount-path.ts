import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA } from '@nestjs/common/constants.js';
import {
  type ApplicationConfig,
  HttpAdapterHost,
  MetadataScanner,
  ModuleRef,
  type ModulesContainer,
} from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import { ConfigurationError } from '../../errors/index.js';
import type { ByokRequest, ResolvedByokOptions } from '../../interfaces/index.js';

interface Container {
  applicationConfig?: ApplicationConfig;
  getModules(): ModulesContainer;
}

interface OwnRoute {
  name: string;
  isExcluded: boolean;
}

type RequestWithUrl = ByokRequest & { originalUrl?: string; url?: string; baseUrl?: string };

/** Where the module's routes are, for the server and for browsers. @internal */
@Injectable()
export class MountPath {
  readonly #scanner = new MetadataScanner();
  #checkedRoute: string | undefined;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  /** Where a browser finds the pages: the option `publicPath`, else where they are on this server. */
  get url(): string {
    return this.options.publicPath ?? this.#outerPath() + this.route;
  }

  /** Where the routes are in this application, such as `/byok`, or `/api/byok` with a global prefix. */
  get route(): string {
    return this.#checkedRoute ?? this.#findRoute();
  }

  #findRoute(): string {
    const isExcluded = this.#routes().some((route) => route.isExcluded);
    return join(isExcluded ? '' : this.#globalPrefix(), this.#modulePath(), this.options.path);
  }

  /**
   * Checks that one path leads to all routes, as links need it.
   *
   * @throws ConfigurationError saying what to write instead
   */
  check(): void {
    const route = this.#findRoute();
    const routes = this.#routes();
    const excluded = routes.find(({ isExcluded }) => isExcluded);
    const prefixed = routes.find(({ isExcluded }) => !isExcluded);
    if (excluded && prefixed) {
      const all = join(this.#modulePath(), this.options.path).slice(1);
      throw new ConfigurationError(
        `setGlobalPrefix('${this.#globalPrefix()}') excludes ${excluded.name} and not ${prefixed.name}: links between them would lead nowhere. Exclude all routes of ByokModule, with exclude: ['${all}', '${all}/{*path}'], or none.`,
      );
    }
    const { dashboard, publicPath } = this.options;
    if (dashboard !== false && publicPath === undefined && /[:*{(]/.test(route)) {
      throw new ConfigurationError(
        `The pages of ByokModule are at ${route}, and cannot link to a path with parameters. Register ByokModule at a fixed path, set publicPath, or write dashboard: false.`,
      );
    }
    this.#checkedRoute = route;
  }

  /** The path and query of a request as the browser sent it; `undefined` if browsers cannot reach it. */
  asSent(request: RequestWithUrl): string | undefined {
    const { publicPath } = this.options;
    if (publicPath === undefined) return request.originalUrl ?? request.url;
    const { route } = this;
    const { url = '/', baseUrl = '' } = request;
    // Middleware of Express that is mounted at the route sees only what is below it.
    const path = baseUrl.toLowerCase().endsWith(route.toLowerCase()) ? route + url : url;
    const [inside, outside] = differenceOf(route, publicPath);
    if (!path.startsWith(inside) || !/^([/?#]|$)/.test(path.slice(inside.length))) return undefined;
    return (outside + path.slice(inside.length)).replace(/^(?!\/)/, '/');
  }

  /** The path at which an Express application is mounted in another. */
  #outerPath(): string {
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter?.getType() !== 'express') return '';
    const { path: pathOf } = httpAdapter.getInstance<{ path?: () => unknown }>();
    const path = pathOf?.call(httpAdapter.getInstance());
    return typeof path === 'string' ? path.replace(/\/+$/, '') : '';
  }

  #routes(): OwnRoute[] {
    const excludes = this.#container().applicationConfig?.getGlobalPrefixOptions().exclude ?? [];
    return [...(this.#module()?.controllers.values() ?? [])].flatMap(({ metatype }) => {
      const type = metatype as Type;
      const path: unknown = Reflect.getMetadata(PATH_METADATA, type);
      if (typeof path !== 'string' || !`${path}/`.startsWith(`${this.options.path}/`)) return [];
      const prototype = type.prototype as Record<string, object>;
      return this.#scanner.getAllMethodNames(prototype).flatMap((name) => {
        const handler = prototype[name];
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) return [];
        const full = join(this.#modulePath(), path, Reflect.getMetadata(PATH_METADATA, handler) as string);
        const isExcluded = excludes.some(
          ({ requestMethod, pathRegex }) =>
            [method, RequestMethod.ALL, -1].includes(requestMethod) && pathRegex.test(full),
        );
        return [{ name: `${RequestMethod[method]} ${full}`, isExcluded }];
      });
    });
  }

  #globalPrefix(): string {
    return this.#container().applicationConfig?.getGlobalPrefix() ?? '';
  }

  /** The path that `RouterModule` gives the module. */
  #modulePath(): string {
    const type = this.#module()?.metatype;
    if (!type) return '';
    const { applicationId } = this.#container().getModules();
    const path: unknown =
      Reflect.getMetadata(MODULE_PATH + applicationId, type) ?? Reflect.getMetadata(MODULE_PATH, type);
    return typeof path === 'string' ? path : '';
  }

  #module() {
    return [...this.#container().getModules().values()].find(
      ({ providers }) => providers.get(MountPath)?.instance === this,
    );
  }

  /** Nest injects its ApplicationConfig nowhere; what is in it is known only after this is constructed. */
  #container(): Container {
    return (this.moduleRef as unknown as { container: Container }).container;
  }
}

function join(...parts: string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}

/** The beginnings in which two paths differ. */
function differenceOf(one: string, other: string): [string, string] {
  const [a, b] = [one, other].map((path) => path.split('/').filter(Boolean));
  while (a.length > 0 && b.length > 0 && a.at(-1) === b.at(-1)) {
    a.pop();
    b.pop();
  }
  return [a, b].map((parts) => parts.map((part) => `/${part}`).join('')) as [string, string];
}
