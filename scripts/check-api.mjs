// Checks the published types of every entry point with API Extractor: a public declaration must not name a type that its entry
// point does not export, and every type must resolve. Another package can be named by its folder.
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const OWN_ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOT = process.argv[2] ?? OWN_ROOT;
const ignored = { logLevel: 'none' };
const wrong = { logLevel: 'error' };

const { exports } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
let found = 0;
for (const [name, { types }] of Object.entries(exports)) {
  if (types) found += check(name, join(ROOT, types));
}
process.exitCode = found > 0 ? 1 : 0;

/** @returns {number} How many faults an entry point has. */
function check(name, mainEntryPointFilePath) {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2023',
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
            typeRoots: [join(OWN_ROOT, 'node_modules/@types')],
          },
          files: [mainEntryPointFilePath],
        },
      },
      apiReport: { enabled: false, reportFileName: 'api.md', reportFolder: tmpdir(), reportTempFolder: tmpdir() },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: wrong },
        extractorMessageReporting: {
          default: ignored,
          'ae-forgotten-export': wrong,
        },
        // ESLint checks the TSDoc.
        tsdocMessageReporting: { default: ignored },
      },
    },
    configObjectFullPath: join(ROOT, 'api-extractor.json'),
    packageJsonFullPath: join(ROOT, 'package.json'),
  });
  const { errorCount } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel !== 'error') return;
      const { sourceFilePath = '', sourceFileLine = '' } = message;
      console.error(`${name}: ${message.text} (${relative(ROOT, sourceFilePath)}:${sourceFileLine})`);
    },
  });
  console.log(`${name}: ${errorCount} faults`);
  return errorCount;
}
