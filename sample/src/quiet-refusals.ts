import { HttpException } from '@nestjs/common';
import type { ErrorRequestHandler } from 'express';

/** Messages of body parsers quote the body, which can contain a key that was sent to the wrong address. */
export const quietRefusals: ErrorRequestHandler = (error: { status?: unknown }, _request, _response, next) => {
  const status = typeof error.status === 'number' ? error.status : undefined;
  next(error instanceof HttpException || !status ? error : new HttpException('The request is malformed.', status));
};
