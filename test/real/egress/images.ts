import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/cleanup';
import { cacheFolder } from '../support/nginx-binaries';

/** What the scripts of a pod may use in any image. */
const TOOLS = ['cat', 'rm', 'sed', 'sleep', 'tail', 'tr', 'wc'];

/** The tools of an image whose shell is Debian's. */
export function dashTools(): string | undefined {
  return toolsWithShell('dash');
}

/** Of an image whose shell is bash, as with Red Hat. */
export function bashTools(): string | undefined {
  return toolsWithShell('bash');
}

/** Of an image that has busybox only, as with Alpine; fetched from Debian into the cache. */
export function busyboxTools(): string | undefined {
  const busybox = fetchBusybox();
  if (busybox === undefined) {
    return undefined;
  }
  const folder = temporaryFolder('busybox');
  copyFileSync(busybox, join(folder, 'busybox'));
  ['sh', ...TOOLS].forEach((name) => symlinkSync('busybox', join(folder, name)));
  return folder;
}

function toolsWithShell(shell: string): string | undefined {
  if (!existsSync(`/usr/bin/${shell}`)) {
    return undefined;
  }
  const folder = temporaryFolder(shell);
  copyFileSync(`/usr/bin/${shell}`, join(folder, 'sh'));
  TOOLS.forEach((name) => copyFileSync(`/usr/bin/${name}`, join(folder, name)));
  return folder;
}

function fetchBusybox(): string | undefined {
  const path = join(cacheFolder(), 'busybox');
  if (existsSync(path)) {
    return path;
  }
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'busybox-'));
  try {
    execFileSync('apt-get', ['-q', '-o', 'APT::Sandbox::User=', 'download', 'busybox-static'], { cwd: folder, stdio: 'ignore' });
    readdirSync(folder).forEach((deb) => execFileSync('dpkg', ['-x', deb, '.'], { cwd: folder }));
    const found = ['usr/bin/busybox', 'bin/busybox'].map((each) => join(folder, each)).find((each) => existsSync(each));
    if (found) {
      renameSync(found, path);
      return path;
    }
  } catch {
    // no Debian, or no way to its packages
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return undefined;
}
