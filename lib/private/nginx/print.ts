import { Directive, Node } from './document';

const INDENT = '    ';
/** nginx refuses a comment line above 4,094 bytes; nobody reads one that long anyway. */
const LONGEST_COMMENT = 200;

/** The text of a document: LF, final newline, arguments of neighbouring directives in one column. */
export function print(nodes: Node[]): string {
  return lines(nodes, '').join('\n') + '\n';
}

/** Text as a comment can hold it: on one line and not too long. */
export function commentText(text: string): string {
  // eslint-disable-next-line no-control-regex
  const line = text.replace(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, ' ').trim();
  const characters = [...Buffer.from(line).toString()];
  return characters.length > LONGEST_COMMENT ? `${characters.slice(0, LONGEST_COMMENT - 1).join('')}…` : characters.join('');
}

function lines(nodes: Node[], indent: string): string[] {
  const columns = argumentColumns(nodes);
  return nodes.flatMap((node, i) => nodeLines(node, indent, columns[i]));
}

function nodeLines(node: Node, indent: string, column: number): string[] {
  switch (node.kind) {
    case 'blank':
      return [''];
    case 'comment':
      return node.text.split('\n').map((line) => `${indent}# ${commentText(line)}`.trimEnd());
    case 'raw':
      // not indented: a line may be inside of quotes
      return node.text.split('\n');
    case 'directive':
      return directiveLines(node, indent, column);
  }
}

function directiveLines(node: Directive, indent: string, column: number): string[] {
  const words = node.args.map((arg) => arg.text).join(' ');
  if (node.block) {
    const head = `${indent}${[node.name, words].filter(Boolean).join(' ')} {`;
    return node.block.length > 0 ? [head, ...lines(node.block, indent + INDENT), `${indent}}`] : [`${head} }`];
  }
  const note = node.note ? `  # ${commentText(node.note)}` : '';
  return [`${indent}${words ? node.name.padEnd(column) + words : node.name};${note}`];
}

/** For each node the column of its arguments: one past the longest name among the directives that stand together. */
function argumentColumns(nodes: Node[]): number[] {
  const columns = new Array<number>(nodes.length).fill(0);
  let start = 0;
  for (let i = 0; i <= nodes.length; i++) {
    const node = nodes[i];
    if (node?.kind === 'directive' && !node.block) {
      continue;
    }
    const run = nodes.slice(start, i).map((simple) => (simple as Directive).name.length);
    columns.fill(Math.max(0, ...run) + 1, start, i);
    start = i + 1;
  }
  return columns;
}
