/** What a check found. `skip`: it could not be made from here. @internal */
export interface Check {
  name: string;
  status: 'ok' | 'warn' | 'fail' | 'skip';
  message: string;
  /** What to do, where something is wrong. */
  advice?: string;
}

/** @internal */
export function check(name: string, status: Check['status'], message: string, advice?: string): Check {
  return { name, status, message, advice };
}
