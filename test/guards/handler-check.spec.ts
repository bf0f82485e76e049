import { describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Scope, SetMetadata, type Type, UseGuards } from '@nestjs/common';
import {
  ApiKey,
  ApiKeyGuard,
  ByokModule,
  type ByokModuleOptions,
  ConfigurationError,
  RequireAnyApiKey,
  RequireApiKey,
  ResolvedKey,
} from '../../lib/index.js';
import { SECRET, startWith } from '../support/byok-app.js';

@Controller('chat')
class Chat {
  @Get()
  @RequireApiKey('openai')
  chat(@ApiKey() key: string) {
    return key;
  }
}

@Controller('either')
class Either {
  @Get()
  @RequireAnyApiKey(['openai', 'anthropic'])
  either(@ApiKey('anthropic') key: string) {
    return key;
  }
}

@Controller('none')
class WithoutRequirement {
  @Get()
  open(@ApiKey() key: string) {
    return key;
  }
}

@Controller('guard')
class OnlyGuard {
  @Get()
  @UseGuards(ApiKeyGuard)
  onlyGuard(@ApiKey() key: string) {
    return key;
  }
}

@Controller('other')
@RequireApiKey('openai')
class OtherProvider {
  @Get()
  other(@ResolvedKey('anthropic') key: unknown) {
    return key;
  }
}

@Injectable()
class Plain {
  @RequireApiKey('openai')
  work(@ApiKey() key: string) {
    return key;
  }
}

/** What `@Cron()` of `@nestjs/schedule` leaves on a method. */
@Injectable()
class Timed {
  @SetMetadata('SCHEDULE_CRON_OPTIONS', { cronTime: '* * * * *' })
  @SetMetadata('SCHEDULER_TYPE', 1)
  @RequireApiKey('openai')
  nightly() {}
}

/** What `@Processor()` of `@nestjs/bullmq` leaves on a class. */
@Injectable()
@SetMetadata('bullmq:processor_metadata', { name: 'jobs' })
class Jobs {
  process(@ApiKey() key: string) {
    return key;
  }
}

/** What `@Resolver()` and `@Query()` of `@nestjs/graphql` leave. */
@Injectable()
@SetMetadata('graphql:resolver_type', 'Query')
class Resolver {
  @SetMetadata('graphql:resolver_name', 'answer')
  @RequireApiKey('openai')
  answer(@ApiKey() key: string) {
    return key;
  }
}

/** What `@WebSocketGateway()` of `@nestjs/websockets` leaves. */
@Injectable()
@SetMetadata('websockets:is_gateway', true)
class Gateway {
  @SetMetadata('message', 'ask')
  @RequireApiKey('openai')
  ask(@ApiKey() key: string) {
    return key;
  }
}

@Controller('relay/:provider')
class Relay {
  @Get()
  @RequireApiKey((request) => request.params.provider)
  relay(@ApiKey() key: string, @ResolvedKey('openai') openai: unknown) {
    return [key, openai];
  }
}

@Controller('other-relay/:provider')
class OtherRelay {
  @Get()
  @RequireApiKey((request) => request.params.provider)
  relay(@ApiKey('anthropic') key: string) {
    return key;
  }
}

abstract class Base {
  @Get()
  @RequireApiKey('openai')
  inherited(@ApiKey('openai') key: string) {
    return key;
  }
}

@Controller('inherited')
class Inheriting extends Base {}

@Controller('added')
@RequireApiKey('anthropic')
class Adding extends Base {
  @Get('own')
  own(@ApiKey('anthropic') key: string) {
    return key;
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class Scoped extends Base {}

interface Given {
  controllers?: Type[];
  providers?: Type[];
  options?: Partial<ByokModuleOptions>;
}

async function start({ controllers = [], providers = [], options = {} }: Given): Promise<void> {
  class Feature {}
  const { close } = await startWith(ByokModule.forRoot({ secret: SECRET, ...options }), {
    module: Feature,
    controllers,
    providers,
  });
  await close();
}

describe('The start', () => {
  const closed = { allowUnknownProviders: false, providers: { openai: {} } };

  it.each<[string, Given, string]>([
    [
      'for a provider that is not offered',
      { controllers: [Either], options: closed },
      "Either.either() requires a key for 'anthropic', which is not in the option providers.",
    ],
    [
      'in a handler that requires no key',
      { controllers: [WithoutRequirement] },
      "WithoutRequirement.open() uses @ApiKey(), but nothing requires that key. Put @RequireApiKey('openai') on",
    ],
    ['that has a guard and requires no key', { controllers: [OnlyGuard] }, 'OnlyGuard.onlyGuard() uses @ApiKey(), but'],
    [
      "for another provider than the handler's",
      { controllers: [OtherProvider] },
      "OtherProvider.other() uses @ResolvedKey('anthropic'), but nothing requires that key. Put @RequireApiKey('anthropic')",
    ],
    [
      'whose provider a request may choose from nothing',
      { controllers: [Relay] },
      'Relay.relay() takes its provider from the request, but the option providers is empty.',
    ],
    [
      'for a provider that no request can choose',
      { controllers: [OtherRelay], options: { providers: { openai: {} } } },
      "OtherRelay.relay() uses @ApiKey('anthropic'), but nothing requires that key.",
    ],
    ['on a method of a service', { providers: [Plain] }, 'Plain.work() uses @RequireApiKey(), but Nest runs no guard'],
    ['on a timer', { providers: [Timed] }, 'Timed.nightly() uses @RequireApiKey(), but Nest runs no guard before it'],
    ['in the processor of a queue', { providers: [Jobs] }, 'Jobs.process() uses @ApiKey(), but Nest runs no guard'],
  ])('refuses a decorator %s', async (_, given, message) => {
    const refused = start(given);
    await expect(refused).rejects.toThrow(ConfigurationError);
    await expect(refused).rejects.toThrow(message);
  });

  it('accepts handlers of every kind that Nest guards, with inherited methods and requirements', async () => {
    const controllers = [Chat, Either, Inheriting, Adding, Scoped];
    await start({ controllers, providers: [Resolver, Gateway] });
    await start({ controllers: [Chat, Inheriting, Relay], options: closed });
    // Registered as a provider too, as some do for its methods.
    await start({ controllers: [Inheriting], providers: [Inheriting] });
  });
});
