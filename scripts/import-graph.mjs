// Prints the import graph of lib: each room with its level and what it imports, then the sums. `npm run graph`.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const lib = fileURLToPath(new URL('../lib', import.meta.url));
const files = readdirSync(lib, { recursive: true })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('views/client/'));
const roomOf = (path) => path.split('/')[0];

const imports = Object.fromEntries([...new Set(files.map(roomOf))].map((room) => [room, new Set()]));
for (const file of files) {
  for (const [, specifier] of readFileSync(join(lib, file), 'utf8').matchAll(/from '(\.[^']+)'/g)) {
    const room = roomOf(join(dirname(file), specifier).replaceAll('\\', '/')).replace(/\.js$/, '.ts');
    if (room !== roomOf(file)) imports[roomOf(file)].add(room);
  }
}

const levels = {};
function levelOf(room, path = []) {
  if (path.includes(room)) throw new Error(`A circle: ${[...path, room].join(' → ')}`);
  return (levels[room] ??= 1 + Math.max(0, ...[...imports[room]].map((to) => levelOf(to, [...path, room]))));
}

const rooms = Object.keys(imports).sort((a, b) => levelOf(a) - levelOf(b) || a.localeCompare(b));
for (const room of rooms) console.log(`${levels[room]} ${room} → ${[...imports[room]].sort().join(' ')}`);
const loose = rooms.filter((room) => room.includes('.'));
const arrows = rooms.reduce((sum, room) => sum + imports[room].size, 0);
console.log(
  `${rooms.length - loose.length} rooms, ${loose.length} loose source files, ${arrows} arrows, ${levels[rooms.at(-1)]} levels`,
);
