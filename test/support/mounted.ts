import { execFileSync } from 'node:child_process';

/** A small file system of its own in a folder, which takes root and a system that lets root mount; whether there is one. */
export function mounted(path: string, size: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
