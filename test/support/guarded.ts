import { Controller, Get, Scope } from '@nestjs/common';
import { ApiKey, RequireAnyApiKey, RequireApiKey, type ResolvedApiKey, ResolvedKey } from '../../lib/index.js';

@Controller('on-methods')
export class OnMethods {
  @Get('one')
  @RequireApiKey('openai')
  one(@ApiKey() key: string) {
    return { key };
  }

  @Get('any')
  @RequireAnyApiKey(['anthropic', 'openai'])
  any(@ResolvedKey() { provider, apiKey }: ResolvedApiKey) {
    return { provider, key: apiKey };
  }

  @Get('labelled')
  @RequireApiKey('openai', { label: 'work' })
  labelled(@ResolvedKey() { label, apiKey }: ResolvedApiKey) {
    return { label, key: apiKey };
  }

  @Get('several')
  @RequireApiKey('openai')
  @RequireApiKey('mistral')
  several(@ApiKey('mistral') mistral: string, @ApiKey('openai') openai: string, @ApiKey() first: string) {
    return { mistral, openai, first };
  }

  @Get('twice')
  @RequireApiKey('openai')
  @RequireAnyApiKey(['openai', 'mistral'])
  @RequireApiKey('openai')
  twice(@ApiKey() key: string) {
    return { key };
  }

  @Get('open')
  open() {
    return { open: true };
  }
}

@Controller('on-class')
@RequireApiKey('openai')
export class OnClass {
  @Get('one')
  one(@ApiKey() key: string) {
    return { key };
  }

  @Get('both')
  @RequireApiKey('mistral')
  both(@ApiKey() first: string, @ApiKey('mistral') mistral: string) {
    return { first, mistral };
  }
}

@Controller('subclass')
@RequireApiKey('mistral')
export class Subclass extends OnClass {
  @Get('own')
  own(@ApiKey('openai') openai: string, @ApiKey('mistral') mistral: string) {
    return { openai, mistral };
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
@RequireApiKey('openai')
export class Scoped {
  @Get()
  one(@ApiKey() key: string) {
    return { key };
  }
}
