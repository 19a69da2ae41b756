import { execFileSync } from 'child_process';
import { join } from 'path';
import { temporaryFolder } from './support/folders';
import { expectGolden } from './support/golden';

test('main.ts, run as the cdk8s CLI runs it, makes the golden tree', () => {
  // GIVEN
  const outdir = temporaryFolder();

  // WHEN
  execFileSync(process.execPath, ['-r', 'tsx/cjs', 'main.ts'], { cwd: join(__dirname, '..'), env: { ...process.env, CDK8S_OUTDIR: outdir } });

  // THEN
  expectGolden('main', outdir);
});
