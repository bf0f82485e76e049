/** A reporter that prints one line for each cell of the matrix when it is done. */
export default class MatrixTable {
  onTestCaseResult(_, { ancestorTitles, title, status, duration }) {
    if (status === 'pending') return;
    const cell = [...ancestorTitles, title].join(' · ');
    const seconds = ((duration ?? 0) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${status === 'passed' ? 'pass' : 'FAIL'} ${seconds} s  ${cell}\n`);
  }
}
