import { execFile, execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync,
  writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A real nginx on this machine. */
export interface NginxBinary {
  readonly path: string;
  /** `1.22.1` */
  readonly version: string;
  /** Absolute path for `load_module`, where stream is a module. */
  readonly streamModule?: string;
  /** The folder with the libraries and the loader that it is bound to, where this machine's are too old for it. */
  readonly libraries?: string;
}

/**
 * Debian suites with different nginx versions, the default first: 1.22 runs with the libraries of any newer Debian.
 * `libraries`: what a machine that is older than the suite lacks.
 */
const SUITES = [
  { suite: 'bookworm', libraries: [] },
  { suite: 'trixie', libraries: ['libc6', 'libcrypt1', 'libssl3t64', 'libpcre2-8-0', 'zlib1g', 'libzstd1'] },
  { suite: 'sid', libraries: ['libc6', 'libcrypt1', 'libssl3t64', 'libpcre2-8-0', 'zlib1g', 'libzstd1'] },
];
type Suite = typeof SUITES[number];

const HOW_TO_GET_ONE = 'Install it (Debian: apt-get install nginx libnginx-mod-stream) or set NGINX_BIN to the path of one.';

/** The nginx for tests that need just one: NGINX_BIN, the one on PATH, or Debian's, fetched into the cache. */
export function nginx(): Promise<NginxBinary> {
  return theDefault ??= findDefault();
}
let theDefault: Promise<NginxBinary> | undefined;

/** Every version that this machine has or can fetch, oldest first; never empty. */
export function nginxVersions(): Promise<NginxBinary[]> {
  return allVersions ??= findVersions();
}
let allVersions: Promise<NginxBinary[]> | undefined;

/** Whether a version ('1.26.3') is the wanted one ('1.25.1', '1.25') or newer. */
export function atLeast(version: string, wanted: string): boolean {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number));
  const different = want.findIndex((number, index) => number !== have[index]);
  return different < 0 || have[different] > want[different];
}

/** Whether the default nginx can be had without fetching anything. */
export function isCached(): boolean {
  return installed() !== undefined || cached(SUITES[0]) !== undefined;
}

/** Where Debian's binaries are kept; removing the folder fetches them anew. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cdk8s-gatehouse', 'nginx');
}

async function findDefault(): Promise<NginxBinary> {
  const found = installed();
  if (found) {
    return inspect(found);
  }
  try {
    return await fromDebian(SUITES[0]);
  } catch (error) {
    throw new Error(`No nginx on PATH, and Debian's could not be fetched. ${HOW_TO_GET_ONE}\n${String(error)}`);
  }
}

async function findVersions(): Promise<NginxBinary[]> {
  const binaries: NginxBinary[] = [];
  const failures: string[] = [];
  const found = installed();
  if (found) {
    binaries.push(inspect(found));
  }
  for (const suite of SUITES) {
    try {
      const binary = await fromDebian(suite);
      if (!binaries.some(({ version }) => version === binary.version)) {
        binaries.push(binary);
      }
    } catch (error) {
      failures.push(`${suite.suite}: ${String(error)}`);
    }
  }
  if (binaries.length === 0) {
    throw new Error(`No nginx at all. ${HOW_TO_GET_ONE}\n${failures.join('\n')}`);
  }
  return binaries.sort((a, b) => atLeast(a.version, b.version) ? 1 : -1);
}

function installed(): string | undefined {
  if (process.env.NGINX_BIN) {
    return resolve(process.env.NGINX_BIN);
  }
  return onPath('nginx');
}

/** /usr/sbin is not on every user's PATH, but nginx is there. */
function onPath(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}

/** Asks the binary itself; throws when it does not run. */
function inspect(path: string, modules?: string): NginxBinary {
  let output: string;
  try {
    // it answers on stderr
    output = execFileSync('sh', ['-c', '"$1" -V 2>&1', 'sh', path], { encoding: 'utf8' });
  } catch (error) {
    throw new Error(`${path} does not run. ${HOW_TO_GET_ONE}\n${String(error)}`);
  }
  const version = /nginx\/([0-9.]+)/.exec(output)?.[1];
  if (!version) {
    throw new Error(`${path} is no nginx: ${output}`);
  }
  const streamModule = join(modules ?? /--modules-path=(\S+)/.exec(output)?.[1] ?? '/usr/lib/nginx/modules', 'ngx_stream_module.so');
  return { path, version, ...(output.includes('--with-stream=dynamic') && existsSync(streamModule) ? { streamModule } : {}) };
}

function cached({ suite }: Suite): NginxBinary | undefined {
  try {
    const binary = JSON.parse(readFileSync(join(cacheFolder(), `${suite}.json`), 'utf8')) as NginxBinary;
    return existsSync(binary.path) ? binary : undefined;
  } catch {
    return undefined;
  }
}

async function fromDebian(suite: Suite): Promise<NginxBinary> {
  const ready = cached(suite);
  if (ready) {
    return ready;
  }
  mkdirSync(cacheFolder(), { recursive: true });
  const unlock = await lock(join(cacheFolder(), `${suite.suite}.lock`));
  try {
    // another process may have fetched it meanwhile
    return cached(suite) ?? await fetchSuite(suite);
  } finally {
    unlock();
  }
}

/**
 * Keeps two processes from fetching the same twice. Nothing worse can happen: each fetches into a folder of its own,
 * and the suite's .json, renamed into place, names the one that counts. So a lock whose owner died is simply removed.
 */
async function lock(file: string): Promise<() => void> {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw error;
      }
    }
    if (!isHeld(file)) {
      rmSync(file, { force: true });
    } else {
      await new Promise((done) => setTimeout(done, 100));
    }
  }
}

function isHeld(file: string): boolean {
  try {
    const [owner, age] = [Number(readFileSync(file, 'utf8')), Date.now() - statSync(file).mtimeMs];
    if (owner === 0) {
      return age < 1000; // created, its number not yet written
    }
    process.kill(owner, 0);
    return age < 300_000; // else the number belongs to another process by now
  } catch (error) {
    // a process of another user is alive all the same
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function fetchSuite({ suite, libraries }: Suite): Promise<NginxBinary> {
  const folder = mkdtempSync(join(cacheFolder(), `${suite}-`));
  try {
    // readable for an nginx that runs as another user
    chmodSync(folder, 0o755);
    const apt = await Apt.open(suite);
    let binary: NginxBinary;
    try {
      await apt.unpack(['nginx', 'libnginx-mod-stream'], folder);
      const path = join(folder, 'usr/sbin/nginx');
      const modules = join(folder, 'usr/lib/nginx/modules');
      try {
        binary = inspect(path, modules);
      } catch {
        await apt.unpack(libraries, folder);
        binary = await withOwnLibraries(path, folder, modules);
      }
    } finally {
      apt.close();
    }
    const draft = `${folder}.json`;
    writeFileSync(draft, JSON.stringify(binary));
    renameSync(draft, join(cacheFolder(), `${suite}.json`));
    return binary;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A copy of a binary that is newer than this machine's libc, bound to the libraries of its own suite. */
async function withOwnLibraries(path: string, folder: string, modules: string): Promise<NginxBinary> {
  const lib = join(folder, 'usr/lib');
  const libraries = readdirSync(lib).map((name) => join(lib, name)).find((name) => existsSync(join(name, 'libc.so.6')));
  const loader = libraries && readdirSync(libraries).find((name) => name.startsWith('ld-linux'));
  if (!libraries || !loader) {
    throw new Error(`no libc in ${folder}`);
  }
  const patched = join(folder, 'usr/sbin/nginx-patched');
  copyFileSync(path, patched);
  // rpath, not runpath: modules that are loaded later look there as well
  await run(await patchelf(), ['--set-interpreter', join(libraries, loader), '--force-rpath', '--set-rpath', libraries, patched]);
  return { ...inspect(patched, modules), libraries };
}

async function patchelf(): Promise<string> {
  const found = onPath('patchelf');
  if (found) {
    return found;
  }
  const folder = join(cacheFolder(), 'patchelf');
  const path = join(folder, 'usr/bin/patchelf');
  if (!existsSync(path)) {
    const apt = await Apt.open(SUITES[0].suite);
    try {
      await apt.unpack(['patchelf'], folder);
    } finally {
      apt.close();
    }
  }
  return path;
}

/** Debian's packages of one suite, with lists and cache of its own: the machine's apt and dpkg are only read. */
class Apt {
  static async open(suite: string): Promise<Apt> {
    const apt = new Apt(mkdtempSync(join(tmpdir(), 'gatehouse-apt-')));
    try {
      await apt.update(suite);
      return apt;
    } catch (error) {
      apt.close();
      throw error;
    }
  }

  private constructor(private readonly folder: string) {
    for (const name of ['lists/partial', 'cache/archives/partial', 'debs']) {
      mkdirSync(join(folder, name), { recursive: true });
    }
  }

  public async unpack(packages: string[], into: string): Promise<void> {
    const debs = mkdtempSync(join(this.folder, 'debs', '_'));
    await this.apt(debs, 'download', ...packages);
    for (const deb of readdirSync(debs)) {
      await run('dpkg', ['-x', join(debs, deb), into]);
    }
  }

  public close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async update(suite: string): Promise<void> {
    await this.configure();
    const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
    const signedBy = existsSync(keyring) ? ` [signed-by=${keyring}]` : '';
    writeFileSync(join(this.folder, 'sources.list'), `deb${signedBy} ${await this.mirror()} ${suite} main\n`);
    await this.apt(this.folder, '-o', 'APT::Update::Error-Mode=any', 'update');
  }

  /** The machine's settings (proxies, …) without the hooks that refresh other programs' caches after an update. */
  private async configure(): Promise<void> {
    const { stdout } = await run('apt-config', ['dump']);
    const settings = stdout.split('\n').filter((line) => !/^(APT::Update|DPkg)::(Pre|Post)-/.test(line));
    writeFileSync(join(this.folder, 'apt.conf'), [...settings, 'Dir::Etc::main "/dev/null";', 'Dir::Etc::parts "/dev/null";', ''].join('\n'));
  }

  /** From the machine's own sources, whatever their format. */
  private async mirror(): Promise<string> {
    const { stdout } = await run('apt-get', ['update', '--print-uris', '-o', `Dir::State::lists=${join(this.folder, 'lists')}`]);
    const mirror = /'(\S+)\/dists\/(?:bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)\/InRelease'/.exec(stdout)?.[1];
    if (!mirror) {
      throw new Error('no Debian mirror in the sources of apt');
    }
    return mirror;
  }

  private async apt(cwd: string, ...words: string[]): Promise<void> {
    const options = [
      `Dir::Etc::sourcelist=${join(this.folder, 'sources.list')}`,
      'Dir::Etc::sourceparts=/dev/null',
      'Dir::Etc::preferencesparts=/dev/null',
      `Dir::State::lists=${join(this.folder, 'lists')}`,
      'Dir::State::status=/dev/null',
      `Dir::Cache=${join(this.folder, 'cache')}`,
      'APT::Sandbox::User=', // the folder is closed to others
      'Acquire::Languages=none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
      'Acquire::http::Timeout=30',
      'Acquire::Retries=2',
    ];
    await run('apt-get', ['-q', ...options.flatMap((option) => ['-o', option]), ...words], {
      cwd,
      env: { ...process.env, APT_CONFIG: join(this.folder, 'apt.conf') },
      maxBuffer: 1 << 24,
    });
  }
}
