import { isCached, nginx } from './nginx-binaries';

/** jest globalSetup: fetches nginx once, before the workers ask for it. */
export default async function globalSetup(): Promise<void> {
  if (!isCached()) {
    process.stderr.write('\nfetching nginx from Debian for the tests with real servers …\n');
  }
  await nginx();
}
