import { ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { atEnd, temporaryFolder } from './cleanup';
import { nginx, NginxBinary } from './nginx-binaries';
import { runnableBy } from './nginx-copy';

/** Stands for the temporary folder of an instance, in `files` and in `replace`. */
export const ROOT = '@root@';

/** Stands for the folder that the main configuration is in. */
export const CONFIG = '@config@';

/** `[from, to]`, plain text; applied to every file in this order. */
export type Replacement = readonly [from: string, to: string];

/** Puts what a configuration for a machine or a container writes to into the temporary folder; the default of `replace`. */
export const RELOCATED: readonly Replacement[] = [
  ['/etc/nginx/', `${CONFIG}/`],
  ['/var/log/nginx', `${ROOT}/logs`],
  ['/var/run/nginx.pid', `${ROOT}/nginx.pid`],
  [' /run/nginx.pid', ` ${ROOT}/nginx.pid`],
  ['/var/cache/nginx', `${ROOT}/temp`],
  ['/tmp/nginx', `${ROOT}/temp`],
  ['user nginx;', ''],
  ['user  nginx;', ''],
];

export interface NginxOptions {
  /** Default: the one of `nginx()`. */
  readonly binary?: NginxBinary;
  /** Path below the temporary folder → text. */
  readonly files: Readonly<Record<string, string>>;
  /** Which of them is the main one; default: the one whose name ends in `nginx.conf`. */
  readonly config?: string;
  readonly replace?: readonly Replacement[];
  /** Lines that nginx may print although they are warnings or errors. */
  readonly ignore?: RegExp;
  /** Network namespace to run in. */
  readonly namespace?: string;
  /** Run as this user and group from the start, without any capability, as a container does: 101 in the official images. */
  readonly uid?: number;
}

export interface TestResult {
  /** Exit code 0 and not even a warning. */
  readonly ok: boolean;
  /** All that `nginx -t` printed. */
  readonly output: string;
}

interface Prepared {
  readonly folder: string;
  readonly command: readonly string[];
  /** Writes the configuration, with other texts for some files. */
  readonly write: (changes: NginxOptions['files']) => void;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** A real nginx with a configuration of its own, in a temporary folder. Ends with the test file at the latest. */
export class Nginx {
  /** Only `nginx -t`. */
  static async test(options: NginxOptions): Promise<TestResult> {
    return check(await prepare(options), options);
  }

  /** Throws what nginx says, also when it is only a warning. */
  static async start(options: NginxOptions): Promise<Nginx> {
    const prepared = await prepare(options);
    const { ok, output } = await check(prepared, options);
    if (!ok) {
      throw new Error(`nginx -t:\n${output}`);
    }
    const started = new Nginx(prepared, options.uid);
    atEnd(() => started.stop());
    await started.ready();
    return started;
  }

  /** Of the master process. */
  readonly pid: number;
  readonly folder: string;
  private readonly child: ChildProcess;
  private readonly write: Prepared['write'];
  private ended = false;
  private killed = false;

  private constructor({ folder, command, write }: Prepared, uid: number | undefined) {
    this.folder = folder;
    this.write = write;
    const [out, err] = [openLog(folder, 'stdout', uid), openLog(folder, 'stderr', uid)];
    // detached: a process group, so that the workers can be killed along with the master
    this.child = spawn(command[0], command.slice(1), { cwd: folder, stdio: ['ignore', out, err], detached: true });
    closeSync(out);
    closeSync(err);
    this.child.on('error', () => this.ended = true);
    this.child.on('exit', () => this.ended = true);
    this.pid = this.child.pid ?? 0;
  }

  /** The process ids of the workers, those that are shutting down included. */
  workers(): number[] {
    try {
      return readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').split(' ').filter((id) => id.trim() !== '').map(Number);
    } catch {
      return [];
    }
  }

  isRunning(): boolean {
    return !this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Changes files (relocated as at the start), reloads, and waits until only new workers accept connections. */
  async reload(changes: NginxOptions['files'] = {}): Promise<void> {
    this.write(changes);
    const before = this.workers();
    const emergencies = (): string[] => this.errorLog().split('\n').filter((line) => line.includes('[emerg]'));
    const known = emergencies().length;
    const failed = (): boolean => this.ended || emergencies().length > known;
    const done = (): boolean => {
      const now = this.workers();
      return now.some((id) => !before.includes(id)) && now.every((id) => !before.includes(id) || isShuttingDown(id));
    };
    this.signal('SIGHUP');
    await until(() => failed() || done(), 10_000, 'reload');
    if (failed()) {
      throw new Error(`reload:\n${emergencies().join('\n')}`);
    }
  }

  /** Waits for the end of the process; after `milliseconds` it is an error. */
  async exited(milliseconds = 10_000): Promise<void> {
    await until(() => this.ended, milliseconds, 'the end of nginx');
  }

  /** Ends at once; SIGQUIT lets running requests finish. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.signal(signal);
    try {
      await this.exited(signal === 'SIGTERM' ? 3000 : 60_000);
    } finally {
      this.kill();
    }
  }

  /** stderr and every log file that is called an error log. */
  errorLog(): string {
    const names = readdirSync(join(this.folder, 'logs')).filter((name) => name === 'stderr' || /error[^/]*\.log$/.test(name));
    return names.map((name) => this.logs(name)).join('');
  }

  /** A file of the log folder ('' while there is none); also 'stdout' and 'stderr'. Buffered logs come late: `waitForLog`. */
  logs(name: string): string {
    const path = join(this.folder, 'logs', name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  async waitForLog(name: string, pattern: RegExp | string, milliseconds = 5000): Promise<string> {
    const found = (): boolean => typeof pattern === 'string' ? this.logs(name).includes(pattern) : pattern.test(this.logs(name));
    await until(found, milliseconds, `${pattern} in the log ${name}`, () => this.logs(name));
    return this.logs(name);
  }

  /** The whole group; once: its number may be another's later. */
  private kill(): void {
    if (this.killed || this.pid === 0) {
      return;
    }
    this.killed = true;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // all of them are gone
    }
  }

  /** The sockets listen before the first worker is forked. */
  private async ready(): Promise<void> {
    try {
      await until(() => this.ended || this.workers().length > 0, 20_000, 'nginx to start');
    } finally {
      if (this.workers().length === 0) {
        this.kill();
      }
    }
    if (this.ended) {
      throw new Error(`nginx ended:\n${this.errorLog()}`);
    }
  }
}

/** nginx writes it into the title of the process. */
function isShuttingDown(worker: number): boolean {
  try {
    return readFileSync(`/proc/${worker}/cmdline`, 'utf8').includes('shutting down');
  } catch {
    return true;
  }
}

/** Waits for a condition, looking every few milliseconds. */
export async function until(condition: () => boolean, milliseconds: number, what: string, detail = (): string => ''): Promise<void> {
  const end = Date.now() + milliseconds;
  while (!condition()) {
    if (Date.now() > end) {
      throw new Error(`waited ${milliseconds} ms for ${what}\n${detail()}`);
    }
    await new Promise((done) => setTimeout(done, 5));
  }
}

async function prepare(options: NginxOptions): Promise<Prepared> {
  const folder = temporaryFolder('nginx');
  const config = options.config ?? Object.keys(options.files).find((path) => path.endsWith('nginx.conf'));
  if (!config) {
    throw new Error(`no nginx.conf among ${Object.keys(options.files).join(', ')}`);
  }
  const binary = runnableBy(options.uid, options.binary ?? await nginx(), folder);
  for (const path of ['logs', 'temp', ...TEMPORARY.map((name) => `temp/${name}`)]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  const write = (changes: NginxOptions['files']): string => {
    const texts = relocate({ ...options, files: { ...options.files, ...changes } }, folder, config, binary.replacements);
    for (const [path, text] of Object.entries(texts)) {
      const file = resolve(folder, path);
      if (!file.startsWith(folder + sep)) {
        throw new Error(`'${path}' is outside the folder of the configuration`);
      }
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    return texts[config];
  };
  const main = write({});
  if (options.uid !== undefined) {
    for (const path of ['', 'logs', 'temp']) {
      chownSync(join(folder, path), options.uid, options.uid);
    }
  }
  const globals = [
    ...(/^\s*daemon\s/m.test(main) ? [] : ['daemon off;']),
    ...(/^\s*pid\s/m.test(main) ? [] : [`pid ${folder}/nginx.pid;`]),
  ];
  return {
    folder,
    write,
    command: [...launcher(options), ...binary.command, '-p', folder, '-e', 'stderr', '-c', join(folder, config), '-g', globals.join(' ')],
  };
}

/** The texts as they are written. */
function relocate(options: NginxOptions, folder: string, config: string, more: readonly Replacement[]): Record<string, string> {
  const texts: Record<string, string> = {};
  const place = (text: string): string => text.split(ROOT).join(folder).split(CONFIG).join(join(folder, dirname(config)));
  for (const [path, text] of Object.entries(options.files)) {
    let result = text;
    for (const [from, to] of [...options.replace ?? RELOCATED, ...more]) {
      result = result.split(from).join(to);
    }
    texts[path] = place(result);
  }
  // the folders that nginx was compiled with exist only where it is installed
  const all = Object.values(texts).join('\n');
  const has = (directive: string): boolean => new RegExp(`(^|[\\s;{])${directive}\\s`).test(all);
  const defaults = [
    ...TEMPORARY.map((name) => [`${name}_temp_path`, `temp/${name}`]),
    ['access_log', 'logs/access.log'],
  ].filter(([directive]) => !has(directive)).map(([directive, path]) => ` ${directive} ${folder}/${path};`);
  texts[config] = texts[config].replace(/(^|[\s;}])http\s*\{/, (http) => http + defaults.join(''));
  const types = join(dirname(config), 'mime.types');
  if (/(^|[\s;{])include\s+(\S*\/)?mime\.types;/.test(all) && !(types in texts)) {
    texts[types] = 'types { text/html html; text/plain txt; application/json json; }\n';
  }
  return texts;
}

/** What goes before nginx on the command line. */
function launcher({ namespace, uid }: NginxOptions): string[] {
  const user = uid === undefined ? [] : [
    `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all',
  ];
  // pdeathsig: also a test run that is killed leaves no nginx behind
  return [...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]), 'setpriv', '--pdeathsig=TERM', ...user, '--'];
}

function check({ folder, command }: Prepared, { ignore, uid }: NginxOptions): Promise<TestResult> {
  return new Promise((done, fail) => {
    const log = openLog(folder, 'test', uid);
    const child = spawn(command[0], [...command.slice(1), '-t'], { cwd: folder, stdio: ['ignore', log, log] });
    closeSync(log);
    child.on('error', fail);
    child.on('close', (code) => {
      const output = readFileSync(join(folder, 'logs/test'), 'utf8');
      const complaints = output.split('\n').filter((line) => /\[(warn|error|crit|alert|emerg)\]/.test(line) && !ignore?.test(line));
      done({ ok: code === 0 && complaints.length === 0, output });
    });
  });
}

/** A file, no pipe: nginx opens /dev/stdout by its name, which the user that it runs as must be allowed to. */
function openLog(folder: string, name: string, uid: number | undefined): number {
  const path = join(folder, 'logs', name);
  const descriptor = openSync(path, 'a');
  if (uid !== undefined) {
    chownSync(path, uid, uid);
  }
  return descriptor;
}
