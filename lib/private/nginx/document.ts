import { Word } from './word';

/** A simple directive, or with `block` one that holds others. */
export interface Directive {
  readonly kind: 'directive';
  readonly name: string;
  readonly args: Word[];
  readonly block?: Node[];
  /** Comment behind the directive, on its line. */
  readonly note?: string;
}
/** A comment of its own lines. */
export interface Comment {
  readonly kind: 'comment';
  readonly text: string;
}
/** An empty line. */
export interface Blank {
  readonly kind: 'blank';
}
/** Text that stands in the file as it is. */
export interface Raw {
  readonly kind: 'raw';
  readonly text: string;
}
/** What an nginx file consists of. */
export type Node = Directive | Comment | Blank | Raw;

/** A directive; strings and numbers are literal words. */
export function directive(name: string, ...args: (string | number | Word)[]): Directive {
  return { kind: 'directive', name, args: args.map(toWord) };
}

/** A directive with a comment behind it. */
export function noted(node: Directive, note: string | undefined): Directive {
  return note ? { ...node, note } : node;
}

/** A block; `args` as for a directive. */
export function block(name: string, args: (string | number | Word)[], children: Node[]): Directive {
  return { kind: 'directive', name, args: args.map(toWord), block: children };
}

/** A comment; each line of the text becomes one. */
export function comment(text: string): Comment {
  return { kind: 'comment', text };
}

/** An empty line. */
export function blank(): Blank {
  return { kind: 'blank' };
}

/** Text that is not checked. */
export function raw(text: string): Raw {
  return { kind: 'raw', text };
}

/** Parts with an empty line between them; empty parts are left out. */
export function paragraphs(...parts: Node[][]): Node[] {
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [blank(), ...part]));
}

/** Whether any word of the nodes writes a dollar sign, for which the configuration has to define the variable. */
export function usesDollar(nodes: Node[]): boolean {
  return nodes.some((node) => node.kind === 'directive' && (node.args.some((arg) => arg.usesDollar) || usesDollar(node.block ?? [])));
}

function toWord(arg: string | number | Word): Word {
  return arg instanceof Word ? arg : Word.literal(arg);
}
