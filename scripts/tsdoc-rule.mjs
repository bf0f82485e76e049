// An ESLint rule: documentation comments are valid TSDoc, with the tags that tsdoc.json lists.
import { TSDocConfiguration, TSDocParser, TextRange } from '@microsoft/tsdoc';
import { TSDocConfigFile } from '@microsoft/tsdoc-config';

const configuration = new TSDocConfiguration();
const file = TSDocConfigFile.loadForFolder(new URL('..', import.meta.url).pathname);
if (file.hasErrors) throw new Error(file.getErrorSummary());
file.configureParser(configuration);
const parser = new TSDocParser(configuration);

/** @type {import('eslint').Rule.RuleModule} */
export const tsdocSyntax = {
  meta: { type: 'problem', messages: { invalid: '{{ text }}' } },
  create: ({ sourceCode, report }) => ({
    Program() {
      for (const comment of sourceCode.getAllComments()) {
        if (comment.type !== 'Block' || !comment.value.startsWith('*')) continue;
        const range = TextRange.fromStringRange(sourceCode.text, ...comment.range);
        for (const { unformattedText, textRange } of parser.parseRange(range).log.messages) {
          report({
            loc: sourceCode.getLocFromIndex(textRange.pos),
            messageId: 'invalid',
            data: { text: unformattedText },
          });
        }
      }
    },
  }),
};
