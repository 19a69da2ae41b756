import { cpSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NginxBinary } from './nginx-binaries';

/** How to start a binary, and what to write instead of its paths in the configuration. */
export interface Runnable {
  readonly command: readonly string[];
  readonly replacements: readonly (readonly [from: string, to: string])[];
}

/** Another user may not enter the home folder that the cache is in: gets a copy in `folder`. */
export function runnableBy(uid: number | undefined, binary: NginxBinary, folder: string): Runnable {
  if (uid === undefined || uid === process.getuid?.()) {
    return { command: [binary.path], replacements: [] };
  }
  const bin = join(folder, 'bin');
  const path = join(bin, 'nginx');
  cpSync(binary.path, path);
  const replacements: [string, string][] = [];
  if (binary.streamModule) {
    const module = join(bin, basename(binary.streamModule));
    cpSync(binary.streamModule, module);
    replacements.push([binary.streamModule, module]);
  }
  if (!binary.libraries) {
    return { command: [path], replacements };
  }
  // the loader that the binary names is in the cache as well: so the copied one is told what to load
  const libraries = join(bin, 'lib');
  cpSync(binary.libraries, libraries, { recursive: true, verbatimSymlinks: true, filter: (name) => !/\/(gconv|engines-3|ossl-modules)$/.test(name) });
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux'));
  return { command: [join(libraries, loader ?? ''), '--library-path', libraries, '--argv0', 'nginx', path], replacements };
}
