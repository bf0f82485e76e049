import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A user and group of the operating system. */
export interface Account {
  uid: number;
  gid: number;
}

// macOS counts nobody as -2.
const NOBODY_ID = process.platform === 'darwin' ? 0xfffffffe : 65534;
const NOBODY: Account = { uid: NOBODY_ID, gid: NOBODY_ID };

/**
 * The account that PostgreSQL runs as, if not this one. PostgreSQL refuses to run as root; as root, it runs as the owner of
 * the cluster or as nobody.
 *
 * @returns `undefined` to run as this account
 */
export async function serverAccount(cluster: string): Promise<Account | undefined> {
  const self = process.geteuid?.();
  if (self === undefined) return undefined;
  const owner = await stat(cluster).catch(() => undefined);
  if (self === 0) return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : NOBODY;
  if (owner && owner.uid !== self) {
    throw new Error(
      `The database in ${cluster} belongs to user ${owner.uid}, and this is user ${self}. Start as that user or as ` +
        'root, or set BYOK_DATA_DIR to another folder.',
    );
  }
  return undefined;
}

/** Makes an account the owner of a folder and its content; does nothing if it already is. */
export async function giveTo(account: Account | undefined, folder: string): Promise<void> {
  if (!account || (await stat(folder)).uid === account.uid) return;
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, entry), account.uid, account.gid);
  }
  // Last, because the owner of the folder marks the work as done.
  await chown(folder, account.uid, account.gid);
}
