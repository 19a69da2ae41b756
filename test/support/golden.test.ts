import { mkdirSync, writeFileSync } from 'fs';
import { dirname, join } from 'path';
import { temporaryFolder } from './folders';
import { compareTrees } from './golden';

function tree(files: { [path: string]: string }): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test('trees with the same bytes are the same', () => {
  expect(compareTrees(tree({ 'a/b.conf': 'x\n' }), tree({ 'a/b.conf': 'x\n' }))).toEqual([]);
});

test('a file that is missing and one too many are named', () => {
  expect(compareTrees(tree({ 'a.conf': '' }), tree({ 'b/c.conf': '' }))).toEqual(['a.conf: missing', 'b/c.conf: not expected']);
});

test('the first lines that differ are shown with their number', () => {
  expect(compareTrees(tree({ 'a.conf': 'one\ntwo\n' }), tree({ 'a.conf': 'one\nTWO\n' }))).toEqual(['a.conf:\n  line 2\t- two\n  line 2\t+ TWO']);
});

test('a final newline that is missing is a difference', () => {
  expect(compareTrees(tree({ 'a.conf': 'one\n' }), tree({ 'a.conf': 'one' }))).toEqual(['a.conf:\n  line 2\t- ']);
});

test('a long difference is cut', () => {
  const [difference] = compareTrees(tree({ 'a.conf': 'x\n'.repeat(20) }), tree({ 'a.conf': 'y\n'.repeat(20) }));

  expect(difference.split('\n')).toHaveLength(12);
  expect(difference).toContain('… and 15 more lines');
});
