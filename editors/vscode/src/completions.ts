// Completions for the question box: files after `@`, and named prompts after a `/` at the beginning of the question.
import * as vscode from 'vscode';
import { Daemon } from './daemon';
import { Completion } from './messages';
import { Found, Prompt } from './protocol';

const most_shown = 8;

export class Completions {
  private finding: vscode.CancellationTokenSource | undefined; // cancels the last request for files

  constructor(private readonly daemon: Daemon) {}

  // `uri` is the document of the question.
  async find(uri: string, sign: '@' | '/', query: string): Promise<Completion[]> {
    this.finding?.cancel();
    if (sign === '/') return this.findPrompts(query.toLowerCase());
    await this.daemon.start();
    return this.daemon.offers('find') ? this.findFiles(uri, query) : [];
  }

  // The daemon ranks the files. It is asked again after each typed key, so the previous request is cancelled.
  private async findFiles(uri: string, query: string): Promise<Completion[]> {
    const { token } = this.finding = new vscode.CancellationTokenSource();
    const { files } = await this.daemon.request<{ files: Found[] }>('attachment/find', { textDocument: { uri }, query, limit: most_shown }, token);
    // If the word is a pattern, or ends with "/" as the name of a folder, all of its files are offered together as
    // well.
    const group = /[*?[]|.\/$/.test(query) ? [{ text: query, label: query, detail: 'shows its files, to choose from', pattern: query }] : [];
    return [...group, ...files.map((file) => {
      const cut = file.name.lastIndexOf('/');
      return { text: file.name, label: file.name.slice(cut + 1), detail: file.name.slice(0, Math.max(0, cut)), uri: file.uri };
    })].slice(0, most_shown);
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
