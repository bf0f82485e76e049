const WIDTH = 720;
const NAMES = 230;
const BAR = 22;
const GAP = 10;
const TOP = 46;
const FIGURES = 70;

// Follows the reader's theme.
const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}.ours{fill:#0b7285}.other{fill:#adb5bd}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ours{fill:#3bc9db}.other{fill:#5c636a}}`;

/**
 * A bar for each thing that was measured, as an SVG image.
 *
 * @param {{ title: string, bars: { name: string, value: number, isOurs?: boolean }[] }} chart
 */
export function barChart({ title, bars }) {
  const most = Math.max(...bars.map(({ value }) => value));
  const height = TOP + bars.length * (BAR + GAP);
  const rows = bars.map(({ name, value, isOurs }, i) => {
    const y = TOP + i * (BAR + GAP);
    const width = Math.max(1, Math.round(((WIDTH - NAMES - FIGURES) * value) / most));
    return `<text x="${NAMES - 10}" y="${y + 16}" text-anchor="end">${escape(name)}</text>
<rect class="${isOurs ? 'ours' : 'other'}" x="${NAMES}" y="${y}" width="${width}" height="${BAR}" rx="3"/>
<text x="${NAMES + width + 8}" y="${y + 16}">${number(value)}</text>`;
  });
  const label = `${title}: ${bars.map(({ name, value }) => `${name} ${number(value)}`).join(', ')}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(label)}">
<style>${STYLE}</style>
<text class="title" x="10" y="24">${escape(title)}</text>
${rows.join('\n')}
</svg>
`;
}

/** @param {number} value */
export function number(value) {
  return new Intl.NumberFormat('en', { maximumSignificantDigits: 4 }).format(value);
}

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
