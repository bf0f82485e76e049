import type { ByokModuleOptions } from '../../lib/index.js';

export interface Showcase {
  url: string;
  close(): Promise<void>;
}

export function startShowcase(options?: Partial<ByokModuleOptions>): Promise<Showcase>;
