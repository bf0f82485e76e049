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
 * The account that PostgreSQL is to run as when that is not our own: PostgreSQL refuses to run as root, so root lends it
 * the account that owns the cluster, or nobody's.
 *
 * @returns `undefined` to run as we are
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

/** Hands a folder and all in it to an account; does nothing if it is that account's already. */
export async function giveTo(account: Account | undefined, folder: string): Promise<void> {
  if (!account || (await stat(folder)).uid === account.uid) return;
  for (const entry of await readdir(folder, { recursive: true })) {
    await lchown(join(folder, entry), account.uid, account.gid);
  }
  // Last, because the owner of the folder is what tells that the work is done.
  await chown(folder, account.uid, account.gid);
}
