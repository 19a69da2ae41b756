import { Document, isAlias, isMap, isScalar, isSeq, LineCounter, Node, parseDocument, visit, YAMLMap } from 'yaml';
import { show } from '../refuse';

/** What was found in a file, item by item. */
export interface Finding {
  readonly path: string;
  readonly message: string;
  readonly changed: boolean;
}

/** What cannot be used, with its line; all of them are reported together. */
export interface Problem {
  readonly line: number;
  readonly message: string;
}

/** What a file is read with: where things stand in it, and what there is to say about them. */
export class ValuesReport {
  public readonly findings: Finding[] = [];
  public readonly problems: Problem[] = [];

  constructor(public readonly document: Document, private readonly lines: LineCounter) {}

  /** Line of a place in the file. */
  public lineOf(node: Node): number {
    return this.lines.linePos(node.range?.[0] ?? 0).line;
  }
}

/** What an item without a place in the file belongs to, since something is missing there. */
interface Within {
  readonly line: number;
}

/** One item of a values file, with its path and its line. */
export class Item {
  /** Reads a file's text as Helm does: YAML 1.1, in which `yes` is true. */
  public static parse(text: string): { root: Item; report: ValuesReport } {
    const lines = new LineCounter();
    const document = parseDocument(text, { version: '1.1', lineCounter: lines, logLevel: 'error' });
    const report = new ValuesReport(document, lines);
    for (const error of document.errors) {
      const [summary] = error.message.split('\n');
      const message = error.code === 'MULTIPLE_DOCS' ? 'a second document starts here, and a values.yaml has one' : summary.replace(/ at line .*$/, '');
      report.problems.push({ line: lines.linePos(error.pos[0]).line, message });
    }
    visit(document, {
      Alias(_, alias) {
        if (!alias.resolve(document)) {
          report.problems.push({ line: report.lineOf(alias), message: `"*${alias.source}" has no "&${alias.source}" in front of it` });
        }
      },
    });
    return { root: new Item('', document.contents, report, { line: 1 }), report };
  }

  private readonly seen = new Set<string>();
  /** What stands in the file, or what the alias there stands for. */
  private readonly node?: Node;

  private constructor(
    public readonly path: string,
    private readonly place: Node | null | undefined,
    private readonly report: ValuesReport,
    private readonly within: Within,
  ) {
    this.node = resolve(place, report.document);
  }

  /** Whether the file says something here; `null` says nothing. */
  public get isGiven(): boolean {
    return this.node !== undefined && this.value !== null;
  }

  /** Whether it has items of its own by their keys. */
  public get isMap(): boolean {
    return isMap(this.node);
  }

  /** The plain value. */
  public get value(): unknown {
    return this.node?.toJS(this.report.document) as unknown;
  }

  /** Line of the file; what is not there has the line of what it belongs to. */
  public get line(): number {
    return this.place ? this.report.lineOf(this.place) : this.within.line;
  }

  /** An item of a map. */
  public get(key: string): Item {
    this.seen.add(key);
    return this.child(key);
  }

  /** The items of a list; anything else is a problem. */
  public list(): Item[] {
    if (!this.isGiven) {
      return [];
    }
    if (!isSeq(this.node)) {
      this.problem(`a list is expected${isScalar(this.node) ? `: write "[ ${String(this.value)} ]"` : ''}`);
      return [];
    }
    return this.node.items.map((node, i) => new Item(`${this.path}[${i}]`, node as Node | null, this.report, this));
  }

  /** The keys of a map; anything else is a problem. */
  public keys(): string[] {
    if (!this.isGiven) {
      return [];
    }
    if (!isMap(this.node)) {
      this.problem('a map is expected');
      return [];
    }
    return [...entriesOf(this.node, this.report.document).keys()];
  }

  /** Text; a number is taken as it stands in the file, since YAML makes 1.3 of 1.30. */
  public text(): string | undefined {
    const { value } = this;
    if (!this.isGiven) {
      return undefined;
    }
    if (typeof value === 'number' && isScalar(this.node)) {
      const source = this.node.source ?? String(value);
      if (source !== String(value)) {
        this.changed(`without quotes YAML reads ${source} as the number ${value}; it is taken as "${source}"`);
      }
      return source;
    }
    if (typeof value !== 'string') {
      this.problem('text is expected');
      return undefined;
    }
    return value;
  }

  /** True or false; `yes` and `on` are true for YAML 1.1. */
  public boolean(): boolean | undefined {
    const { value } = this;
    if (this.isGiven && typeof value !== 'boolean') {
      this.problem('true or false is expected, without quotes');
      return undefined;
    }
    return value === null ? undefined : (value as boolean | undefined);
  }

  /** A whole number above 0; text of digits is one. */
  public positive(what: string): number | undefined {
    const { value } = this;
    if (!this.isGiven) {
      return undefined;
    }
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 1) {
      this.problem(`${what} is expected, a whole number above 0`);
      return undefined;
    }
    return number;
  }

  /** Says that everything else in this map is not carried over. */
  public rejectUnknown(): void {
    for (const key of this.keys().filter((each) => !this.seen.has(each))) {
      this.child(key).changed('the proxy has nothing of that name: it is not carried over');
    }
  }

  /** Something that is as it was, and worth knowing. */
  public note(message: string): void {
    this.report.findings.push({ path: this.path, message, changed: false });
  }

  /** Something that is not as it was. */
  public changed(message: string): void {
    this.report.findings.push({ path: this.path, message, changed: true });
  }

  /** Something that cannot be carried over. */
  public problem(reason: string): void {
    this.report.problems.push({ line: this.line, message: `${this.path ? `'${this.path}'` : 'the file'} is ${show(this.value)}: ${reason}` });
  }

  /** Runs a check of the library, whose refusal is a problem of this item. */
  public check<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      this.report.problems.push({ line: this.line, message: (error as Error).message });
      return undefined;
    }
  }

  private child(key: string): Item {
    const node = isMap(this.node) ? entriesOf(this.node, this.report.document).get(key) : undefined;
    return new Item(this.path ? `${this.path}.${key}` : key, node, this.report, this);
  }
}

function resolve(node: Node | null | undefined, document: Document): Node | undefined {
  return isAlias(node) ? node.resolve(document) : node ?? undefined;
}

/** The items of a map with those that `<<` merges into it, by their keys as text: a key may be a number or `yes`. */
function entriesOf(map: YAMLMap, document: Document): Map<string, Node | null> {
  const own = new Map<string, Node | null>();
  const merged: [string, Node | null][] = [];
  for (const { key, value } of map.items) {
    if (isScalar(key) && typeof key.value === 'symbol') {
      const source = resolve(value as Node, document);
      const maps = (isSeq(source) ? source.items : [source]).map((each) => resolve(each as Node, document));
      // what stands first wins
      merged.push(...maps.reverse().flatMap((each) => (isMap(each) ? [...entriesOf(each, document)] : [])));
    } else {
      own.set(String(isScalar(key) ? key.value : key), value as Node | null);
    }
  }
  return new Map([...merged, ...own]);
}
