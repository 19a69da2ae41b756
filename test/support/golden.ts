import { cpSync, existsSync, readFileSync, rmSync } from 'fs';
import { join } from 'path';
import { filesBelow } from './folders';

const GOLDEN = join(__dirname, '..', 'golden');
const UPDATE = 'GATEHOUSE_UPDATE_GOLDEN';
/** Differing lines that a failure shows for each file. */
const MOST_LINES = 5;

/**
 * Compares a tree that `app.synth()` wrote with `test/golden/<name>/dist`, byte for byte. With GATEHOUSE_UPDATE_GOLDEN=1
 * it becomes that tree instead: the change is for git and a reader to judge.
 */
export function expectGolden(name: string, folder: string): void {
  const golden = join(GOLDEN, name, 'dist');
  if (process.env[UPDATE] === '1') {
    rmSync(golden, { recursive: true, force: true });
    cpSync(folder, golden, { recursive: true });
    return;
  }
  const differences = compareTrees(golden, folder);
  if (differences.length > 0) {
    throw new Error(`the output is not test/golden/${name}/dist; if it is meant to change: ${UPDATE}=1 npx jest\n\n${differences.join('\n\n')}`);
  }
}

/** What is different between two trees, file by file; empty when they are the same. */
export function compareTrees(expected: string, actual: string): string[] {
  const [wanted, found] = [expected, actual].map((folder) => (existsSync(folder) ? filesBelow(folder) : []));
  return [...new Set([...wanted, ...found])].sort().flatMap((file) => {
    if (!found.includes(file)) {
      return [`${file}: missing`];
    }
    if (!wanted.includes(file)) {
      return [`${file}: not expected`];
    }
    const [before, after] = [expected, actual].map((folder) => readFileSync(join(folder, file)));
    return before.equals(after) ? [] : [`${file}:\n${differingLines(before.toString(), after.toString()).join('\n')}`];
  });
}

/** The first lines that differ, as a patch would show them but without looking for lines that moved. */
function differingLines(expected: string, actual: string): string[] {
  const [wanted, found] = [expected, actual].map((text) => text.split('\n'));
  const numbers = Array.from({ length: Math.max(wanted.length, found.length) }, (_, i) => i).filter((i) => wanted[i] !== found[i]);
  const shown = numbers.slice(0, MOST_LINES).flatMap((i) => [
    ...(wanted[i] === undefined ? [] : [`  line ${i + 1}\t- ${wanted[i]}`]),
    ...(found[i] === undefined ? [] : [`  line ${i + 1}\t+ ${found[i]}`]),
  ]);
  return numbers.length > MOST_LINES ? [...shown, `  … and ${numbers.length - MOST_LINES} more lines`] : shown;
}
