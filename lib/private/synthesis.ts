import { existsSync, mkdirSync, writeFileSync } from 'fs';
import { basename, dirname, join } from 'path';
import { Construct, IConstruct } from 'constructs';

/** Registered symbols, so that two copies of this package do not wrap one App twice. */
const SYNTHESIS = Symbol.for('cdk8s-gatehouse.synthesis');
const WRAPPED = Symbol.for('cdk8s-gatehouse.wrapped');

/** Files by their path below a folder. */
export interface Files {
  [path: string]: string;
}

/** What a construct adds to the output besides manifests. */
export interface CustomSynthesis {
  /** The files, by path below the output folder. */
  onSynthesize(): Files;
}

interface Synthesizing extends IConstruct {
  [SYNTHESIS]?: CustomSynthesis;
}
/** A cdk8s App, known by its shape: `instanceof` fails where two copies of cdk8s are installed. */
interface AppLike extends IConstruct {
  readonly outdir: string;
  synth(): void;
  [WRAPPED]?: boolean;
}

/**
 * Has files written when the App of a construct is synthesized. cdk8s has no hook for that, so `app.synth` is wrapped, once
 * for each App: the files are written after the manifests were, and not at all when that failed.
 */
export function addCustomSynthesis(construct: Construct, synthesis: CustomSynthesis): void {
  (construct as Synthesizing)[SYNTHESIS] = synthesis;
  const root = construct.node.root;
  if (!isApp(root) || root[WRAPPED]) {
    return;
  }
  const app = root;
  const synth = app.synth.bind(app);
  app[WRAPPED] = true;
  app.synth = () => {
    // a text that cannot be made stops the synthesis before it writes anything
    companionFiles(app);
    synth();
    // once more, since a subclass may add constructs in its own synth; and all texts are there before the first is written
    writeFiles(companionFolder(app.outdir), companionFiles(app));
  };
}

/** Writes files below a folder, which is made where it is missing. */
export function writeFiles(directory: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function companionFiles(app: AppLike): Files {
  return Object.assign({}, ...app.node.findAll().map((construct: Synthesizing) => construct[SYNTHESIS]?.onSynthesize() ?? {})) as Files;
}

/** `cdk8s synth --format helm` makes `templates/` the output folder, where Helm would take every file for a template. */
function companionFolder(outdir: string): string {
  const parent = dirname(outdir);
  return basename(outdir) === 'templates' && existsSync(join(parent, 'Chart.yaml')) ? parent : outdir;
}

function isApp(root: IConstruct): root is AppLike {
  const app = root as Partial<AppLike>;
  return typeof app.synth === 'function' && typeof app.outdir === 'string';
}
