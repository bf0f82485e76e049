import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { BYOK_OPTIONS } from '../byok.constants.js';
import type { ResolvedByokOptions } from '../interfaces/index.js';

/** Where the pages are, as a browser sees it. @internal */
@Injectable()
export class MountPath {
  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(BYOK_OPTIONS) private readonly options: ResolvedByokOptions,
  ) {}

  /** `/byok`, with the application's global prefix before it. */
  get url(): string {
    // Nest injects its ApplicationConfig nowhere; the prefix is known only after this is constructed.
    const { container } = this.moduleRef as unknown as {
      container?: { applicationConfig?: { getGlobalPrefix?(): string } };
    };
    const prefix = container?.applicationConfig?.getGlobalPrefix?.() ?? '';
    return `/${[prefix, this.options.path]
      .map((part) => part.replace(/^\/+|\/+$/g, ''))
      .filter(Boolean)
      .join('/')}`;
  }
}
