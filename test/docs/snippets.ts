/** A fenced block of a document, under the name that the line before it gives. */
export interface Snippet {
  name: string;
  language: string;
  code: string;
  line: number;
}

const FENCE = /^\s*(`{3,}|~{3,})\s*(\S*)/;
const MARKER = /^<!-- snippet: ([\w.-]+) -->$/;

/**
 * All fenced blocks of a document.
 *
 * @throws where a block has no name, or a name comes twice: a snippet that nobody runs must not get by
 */
export function snippetsOf(markdown: string): Snippet[] {
  const lines = markdown.split('\n');
  const snippets: Snippet[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = FENCE.exec(lines[i]);
    if (!fence) continue;
    const before = lines.slice(0, i).findLast((line) => line.trim() !== '') ?? '';
    const name = MARKER.exec(before)?.[1];
    if (!name) throw new Error(`Line ${i + 1}: a snippet without a name. Write <!-- snippet: name.ts --> before it.`);
    if (snippets.some((other) => other.name === name)) throw new Error(`Line ${i + 1}: ${name} is there twice.`);
    const end = lines.findIndex((line, n) => n > i && line.trim() === fence[1]);
    if (end === -1) throw new Error(`Line ${i + 1}: a snippet without an end.`);
    snippets.push({ name, language: fence[2], code: lines.slice(i + 1, end).join('\n'), line: i + 1 });
    i = end;
  }
  return snippets;
}
