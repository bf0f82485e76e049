import { decryptStringSync, parseKeySync } from '@47ng/cloak';
import { createParamDecorator, ForbiddenException, Injectable } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { EntitySchema } from 'typeorm';
import { controllerWith } from './route.mjs';

const TeamKey = new EntitySchema({
  name: 'TeamKey',
  tableName: 'team_keys',
  columns: {
    id: { type: 'int', primary: true, generated: true },
    owner: { type: 'text' },
    provider: { type: 'text' },
    cloaked: { type: 'text' },
    createdAt: { type: 'timestamptz', name: 'created_at' },
    updatedAt: { type: 'timestamptz', name: 'updated_at' },
  },
});

/** What teams write: a guard, `findOne` and a library for the cipher, with a parameter decorator for the handler. */
export function team({ url, cloakKey }) {
  const key = parseKeySync(cloakKey);

  class TeamGuard {
    constructor(keys) {
      this.keys = keys;
    }

    async canActivate(context) {
      const request = context.switchToHttp().getRequest();
      const owner = request.headers['x-user'];
      const row = await this.keys.findOne({ where: { owner, provider: 'openai' } });
      if (!row) throw new ForbiddenException();
      request.apiKey = decryptStringSync(row.cloaked, key);
      return true;
    }
  }
  Injectable()(TeamGuard);
  InjectRepository(TeamKey)(TeamGuard, undefined, 0);
  Reflect.defineMetadata('design:paramtypes', [Object], TeamGuard);

  const TeamApiKey = createParamDecorator((_, context) => context.switchToHttp().getRequest().apiKey);
  const controller = controllerWith((apiKey) => ({ length: apiKey.length }), {
    guards: [TeamGuard],
    parameters: [TeamApiKey()],
  });
  return {
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, entities: [TeamKey], extra: { max: 10 } }),
      TypeOrmModule.forFeature([TeamKey]),
    ],
    controllers: [controller],
  };
}
