/** A directive as nginx reads it: its words with all escapes resolved, and with a block what is in it. */
export interface Directive {
  readonly words: string[];
  readonly block?: Directive[];
}

/**
 * Reads nginx text by the rules of nginx's own lexer, and by nothing that the library has: what the library writes is judged
 * by it. Throws where nginx would refuse the text.
 */
export function parse(text: string): Directive[] {
  const lexer = new Lexer(text);
  const directives = lexer.directives(false);
  return directives;
}

/** What must not depend on any string of a user: names, numbers of words, and nesting. */
export type Shape = (string | number | Shape)[];

/** In these blocks the first word of a line is a value and no name. */
const LISTS_OF_VALUES = ['geo', 'map'];

export function shapeOf(directives: Directive[]): Shape[] {
  return directives.map(({ words: [name, ...values], block }) => {
    if (block === undefined) {
      return [name, values.length];
    }
    return LISTS_OF_VALUES.includes(name) ? [name, values.length, block.length] : [name, values.length, shapeOf(block)];
  });
}

/** All words of all directives. */
export function wordsOf(directives: Directive[]): string[] {
  return directives.flatMap(({ words, block }) => [...words, ...wordsOf(block ?? [])]);
}

const ESCAPED: Readonly<Record<string, string>> = { '"': '"', '\'': '\'', '\\': '\\', 't': '\t', 'r': '\r', 'n': '\n' };
const LONGEST = 4094;

class Lexer {
  private at = 0;

  constructor(private readonly text: string) {}

  directives(inBlock: boolean): Directive[] {
    const found: Directive[] = [];
    let words: string[] = [];
    for (;;) {
      const token = this.next();
      if (typeof token === 'object') {
        words.push(token.word);
      } else if (token === ';' || token === '{') {
        if (words.length === 0) {
          throw this.error(`unexpected "${token}"`);
        }
        found.push(token === '{' ? { words, block: this.directives(true) } : { words });
        words = [];
      } else if (words.length > 0 || (token === '}') !== inBlock) {
        throw this.error(`unexpected ${token}`);
      } else {
        return found;
      }
    }
  }

  private next(): ';' | '{' | '}' | 'end' | { word: string } {
    for (;;) {
      const first = this.text[this.at];
      if (first === undefined) {
        return 'end';
      }
      if (' \t\r\n'.includes(first)) {
        this.at++;
      } else if (first === '#') {
        this.skipComment();
      } else if (first === ';' || first === '{' || first === '}') {
        this.at++;
        return first;
      } else {
        return { word: first === '"' || first === '\'' ? this.quoted(first) : this.bare() };
      }
    }
  }

  private skipComment(): void {
    const end = this.text.indexOf('\n', this.at);
    this.limit(this.text.slice(this.at, end < 0 ? undefined : end));
    this.at = end < 0 ? this.text.length : end;
  }

  private quoted(quote: string): string {
    const start = ++this.at;
    while (this.text[this.at] !== quote) {
      this.at += this.text[this.at] === '\\' ? 2 : 1;
      if (this.at >= this.text.length) {
        throw this.error('a quote without its end');
      }
    }
    const word = this.text.slice(start, this.at++);
    if (!' \t\r\n;{)'.includes(this.text[this.at] ?? '')) {
      throw this.error(`unexpected "${this.text[this.at]}" behind a quote`);
    }
    return this.unescape(word);
  }

  private bare(): string {
    const start = this.at;
    let brace = false;
    for (; this.at < this.text.length; this.at++) {
      const character = this.text[this.at];
      if (character === '{' && brace) {
        continue;
      }
      brace = character === '$';
      if (character === '\\') {
        this.at++;
      } else if (' \t\r\n;{'.includes(character)) {
        break;
      }
    }
    return this.unescape(this.text.slice(start, this.at));
  }

  private unescape(word: string): string {
    this.limit(word);
    return word.replace(/\\(["'\\trn])/g, (_, character: string) => ESCAPED[character]);
  }

  private limit(text: string): void {
    if (Buffer.byteLength(text) > LONGEST) {
      throw this.error('too long');
    }
  }

  private error(reason: string): Error {
    return new Error(`${reason} at ${this.at}: ${JSON.stringify(this.text.slice(Math.max(0, this.at - 60), this.at + 20))}`);
  }
}
