import { Inject, Injectable, RequestMethod } from '@nestjs/common';
import { ModuleRef, type ApplicationConfig } from '@nestjs/core';
import { BYOK_OPTIONS } from '../../byok.constants.js';
import type { ResolvedByokOptions } from '../../interfaces/index.js';

/** Those that the first page can be excluded by from a global prefix. */
const METHODS = new Set([RequestMethod.GET, RequestMethod.ALL]);

/** Where the pages are, as a browser sees it. @internal */
@Injectable()
export class MountPath {
  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  /** `/byok`, with the application's global prefix before it, unless it is excluded from that. */
  get url(): string {
    // Nest injects its ApplicationConfig nowhere; the prefix is known only after this is constructed.
    const { container } = this.moduleRef as unknown as {
      container?: { applicationConfig?: Partial<ApplicationConfig> };
    };
    const config = container?.applicationConfig;
    const own = `/${this.options.path}`;
    const isExcluded = config
      ?.getGlobalPrefixOptions?.()
      .exclude?.some(({ requestMethod, pathRegex }) => METHODS.has(requestMethod) && pathRegex.test(own));
    const prefix = isExcluded ? '' : (config?.getGlobalPrefix?.() ?? '');
    return `/${[prefix, this.options.path]
      .map((part) => part.replace(/^\/+|\/+$/g, ''))
      .filter(Boolean)
      .join('/')}`;
  }
}
