/** Something the operator can put right: one line of what is wrong, one of what to do. @internal */
export class CliError extends Error {
  constructor(
    message: string,
    /** What to write or do instead. */
    readonly advice?: string,
  ) {
    super(message);
    this.name = 'CliError';
  }
}
