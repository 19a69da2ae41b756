import { fourEnvironments } from './four-environments';
import { temporaryFolder } from '../support/folders';
import { expectGolden } from '../support/golden';

test('four environments, three applications in prod, https, bare-IP access and two ways out make the golden tree', () => {
  // GIVEN
  const outdir = temporaryFolder();

  // WHEN
  fourEnvironments(outdir).synth();

  // THEN
  expectGolden('four-environments', outdir);
});
