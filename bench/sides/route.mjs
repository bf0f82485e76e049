import { Controller, Get, Req, UseGuards } from '@nestjs/common';

/** What all sides answer with, so that no side's answer is longer. */
export const KEY_LENGTH = 60;

/** The decorators of TypeScript, in JavaScript: `GET /key` of a new controller. */
export function controllerWith(handler, { guards = [], decorators = [], parameters = [Req()] } = {}) {
  class KeysController {
    key(...given) {
      return handler(...given);
    }
  }
  Controller()(KeysController);
  const descriptor = Object.getOwnPropertyDescriptor(KeysController.prototype, 'key');
  parameters.forEach((parameter, index) => parameter(KeysController.prototype, 'key', index));
  Get('key')(KeysController.prototype, 'key', descriptor);
  for (const decorator of decorators) decorator(KeysController.prototype, 'key', descriptor);
  if (guards.length > 0) UseGuards(...guards)(KeysController.prototype, 'key', descriptor);
  return KeysController;
}
