import { controllerWith, KEY_LENGTH } from './route.mjs';

/** A route without a key: what Nest costs. */
export function bare() {
  return { controllers: [controllerWith(() => ({ length: KEY_LENGTH }))] };
}
