// Completions for the question box: files after `@`, and named prompts after a `/` at the beginning of the question.
import * as vscode from 'vscode';
import { workspaceFiles } from './attachments';
import { Daemon } from './daemon';
import { Completion } from './messages';
import { folder, label, path } from './places';
import { Prompt } from './protocol';

const most_shown = 8;
const fresh_ms = 10_000;

export class Completions {
  private files: { list: Promise<vscode.Uri[]>; since: number } | undefined;

  constructor(private readonly daemon: Daemon) {}

  async find(sign: '@' | '/', query: string): Promise<Completion[]> {
    return sign === '@' ? this.findFiles(query.toLowerCase()) : this.findPrompts(query.toLowerCase());
  }

  private async findFiles(query: string): Promise<Completion[]> {
    if (!this.files || Date.now() - this.files.since > fresh_ms) this.files = { list: workspaceFiles(), since: Date.now() };
    const ranked = (await this.files.list).map((uri) => ({ uri, rank: rank(path(uri).toLowerCase(), query) })).filter(({ rank }) => rank < no_match);
    // The sort is stable: among files of the same rank, open files stay first.
    ranked.sort((one, other) => one.rank - other.rank);
    return ranked.slice(0, most_shown).map(({ uri }) => ({ text: path(uri), label: label({ uri }), detail: folder(uri), uri: uri.toString() }));
  }

  // Whether a question begins with a named prompt about code.
  async needsCode(question: string): Promise<boolean> {
    const name = /^\/([\w-]+)(?=\s|$)/.exec(question)?.[1];
    if (!name) return false;
    return (await this.listPrompts()).some((prompt) => prompt.name === name && prompt.needsCode);
  }

  private async listPrompts(): Promise<Prompt[]> {
    return (await this.daemon.request<{ prompts: Prompt[] }>('prompt/list', {})).prompts;
  }

  private async findPrompts(query: string): Promise<Completion[]> {
    const prompts = await this.listPrompts();
    return prompts.filter(({ name }) => name.toLowerCase().startsWith(query)).map(({ name, description, problem }) => ({
      text: name, label: `/${name}`, detail: problem ?? description,
    }));
  }
}

const no_match = 4;

// Returns how well a path matches; a lower number is better. 0: the file's name begins with the query. 1: the name
// contains the query. 2: the path contains the query. 3: the path contains the query's letters in this order.
function rank(path: string, query: string): number {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name.startsWith(query)) return 0;
  if (name.includes(query)) return 1;
  if (path.includes(query)) return 2;
  let at = 0;
  for (const letter of path) if (letter === query[at]) at++;
  return at === query.length ? 3 : no_match;
}
