import { Logger } from '@nestjs/common';
import pg from 'pg';

const { staticInstanceRef, logLevels } = Logger;
const parsers = Object.values(pg.types.builtins).map((type) => [type, pg.types.getTypeParser(type)]);

/** Undoes what a spec has set for the whole process in packages that the next one shares. */
export function restorePackages() {
  Object.assign(Logger, { staticInstanceRef, logLevels });
  for (const [type, parser] of parsers) pg.types.setTypeParser(type, parser);
}
