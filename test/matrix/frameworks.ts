/** Versions of the packages beside which the library is installed. `*` is the version that this project has. */
export interface Framework {
  name: string;
  nest: string;
  packages: Record<string, string>;
  /** Resolutions of modules with which its compiler must find all types, beside nodenext. */
  resolutions: { type: 'module' | 'commonjs'; module: string; moduleResolution: string; isShort: boolean }[];
  /** Whether the short form of the run has it. */
  isShort: boolean;
}

/** What all of them need: the runners of tests, and packages that do not depend on the versions of Nest. */
const COMMON = Object.fromEntries(
  [
    '@aws-sdk/client-kms',
    '@opentelemetry/api',
    '@swc/core',
    '@swc/jest',
    '@types/express',
    '@types/node',
    '@types/pg',
    'class-transformer',
    'jest',
    'pg',
    'preact',
    'reflect-metadata',
    'rxjs',
    'ts-jest',
    'vitest',
  ].map((name) => [name, '*']),
);

const BUNDLER = { type: 'module' as const, module: 'esnext', moduleResolution: 'bundler', isShort: false };
const NODE10 = { type: 'commonjs' as const, module: 'commonjs', moduleResolution: 'node10', isShort: true };

function framework(name: string, nest: string, typeorm: string, more: Partial<Framework> = {}): Framework {
  const nestPackages = ['common', 'core', 'platform-express', 'terminus', 'testing'];
  const isTwelve = nest.startsWith('12');
  return {
    name,
    nest,
    resolutions: isTwelve ? [BUNDLER] : [BUNDLER, NODE10],
    isShort: true,
    ...more,
    packages: {
      ...COMMON,
      ...Object.fromEntries(
        nestPackages.map((each) => [`@nestjs/${each}`, each === 'terminus' ? nest.replace(/\..*/, '') : nest]),
      ),
      '@nestjs/typeorm': nest.replace(/\..*/, ''),
      '@nestjs/schematics': nest.replace(/\..*/, ''),
      '@types/jest': '30',
      'class-validator': '*',
      typeorm,
      // The node10 resolution needs an option to be silent from 6 on; what `nest new` of 11 gives is 5.
      typescript: isTwelve ? '*' : '5',
      ...more.packages,
    },
  };
}

export const FRAMEWORKS: Framework[] = [
  framework('Nest 12 + TypeORM 1', '12', '1'),
  framework('Nest 11 + TypeORM 0.3', '11', '0.3'),
  framework('Nest 11 + TypeORM 1', '11', '1', { isShort: false }),
  framework('Nest 12 + TypeORM 0.3', '12', '0.3', { isShort: false }),
  framework('Nest 11.0.0 + TypeORM 0.3.20', '11.0.0', '0.3.20', {
    isShort: false,
    packages: { 'class-validator': '0.14.0', '@nestjs/typeorm': '11.0.0' },
  }),
];
