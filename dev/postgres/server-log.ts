import { chmod, type FileHandle, open, stat } from 'node:fs/promises';

const LIMIT_BYTES = 10 * 1024 * 1024;

/** The file that a server writes its messages to, read from where the present start began. */
export class ServerLog {
  private constructor(
    readonly file: string,
    readonly handle: FileHandle,
    private readonly start: number,
  ) {}

  /** Opens the file to append, or anew when earlier starts have filled it. */
  static async open(file: string): Promise<ServerLog> {
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    const handle = await open(file, 'a', 0o600);
    await chmod(file, 0o600);
    if (size > LIMIT_BYTES) await handle.truncate();
    return new ServerLog(file, handle, size > LIMIT_BYTES ? 0 : size);
  }

  /** What was written since the file was opened. */
  async text(): Promise<string> {
    const reader = await open(this.file, 'r');
    try {
      const { size } = await reader.stat();
      const buffer = Buffer.alloc(Math.min(Math.max(size - this.start, 0), 64 * 1024));
      const { bytesRead } = await reader.read(buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await reader.close();
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}
