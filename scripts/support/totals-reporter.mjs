import { writeFileSync } from 'node:fs';

/** Keeps a run's totals in the file TEST_TOTALS_FILE, suite by suite: they are there even if the run is cut short. */
export default class TotalsReporter {
  onRunStart() {
    write({ passed: 0, failed: 0, skipped: 0 });
  }

  /**
   * @param {unknown} _test
   * @param {unknown} _result
   * @param {Totals} totals
   */
  onTestResult(_test, _result, totals) {
    this.onRunComplete(undefined, totals);
  }

  /**
   * @param {unknown} _contexts
   * @param {Totals} totals
   */
  onRunComplete(_contexts, totals) {
    write({
      passed: totals.numPassedTests,
      // A suite that could not be loaded has no tests to count.
      failed: totals.numFailedTests + totals.numRuntimeErrorTestSuites,
      skipped: totals.numPendingTests + totals.numTodoTests,
    });
  }
}

/** @typedef {{ numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites: number, numPendingTests: number, numTodoTests: number }} Totals */

/** @param {{ passed: number, failed: number, skipped: number }} totals */
function write({ passed, failed, skipped }) {
  const file = process.env.TEST_TOTALS_FILE;
  if (file !== undefined) writeFileSync(file, `${passed} ${failed} ${skipped}\n`);
}
