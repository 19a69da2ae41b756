import { existsSync, readdirSync } from 'fs';
import { join } from 'path';

const ROOT = join(__dirname, '..', '..');

// an import finds the .js before it finds the .ts, and then runs what was compiled some time ago
test.each(['lib', 'test', 'imports'])('nothing compiled lies beside the sources in %s/', (folder) => {
  const directory = join(ROOT, folder);
  const files = existsSync(directory) ? readdirSync(directory, { recursive: true, encoding: 'utf8' }) : [];

  expect(files.filter((file) => /(\.js|\.d\.ts)(\.map)?$/.test(file))).toEqual([]);
});
