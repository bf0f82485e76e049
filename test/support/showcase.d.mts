import type { ByokModuleOptions, ByokService } from '../../lib/index.js';

export interface Showcase {
  url: string;
  byok: ByokService;
  close(): Promise<void>;
}

export function startShowcase(options?: Partial<ByokModuleOptions>): Promise<Showcase>;
