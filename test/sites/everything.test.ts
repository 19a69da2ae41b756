import { everything } from './everything';
import { temporaryFolder } from '../support/folders';
import { expectGolden } from '../support/golden';

test('a site that uses everything that both gates have makes the golden tree', () => {
  // GIVEN
  const outdir = temporaryFolder();

  // WHEN
  everything({ outdir, nginxVersion: '1.30.4' }).synth();

  // THEN
  expectGolden('everything', outdir);
});
