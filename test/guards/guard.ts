/**
 * A condition or check that keeps an item right, and the code without it. The test with that title then fails: `npm run
 * guards` proves it for each guard.
 */
export interface Guard {
  /** the guard, in the words of docs/reliability.md */
  what: string;
  /** the file under lib/ or worker/ */
  file: string;
  /** occurs once in the file */
  search: string;
  replace: string;
  /** the file under test/ */
  test: string;
  /** the title of the test, as it stands in that file */
  title: string;
}
