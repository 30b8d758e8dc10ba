// The two lists to choose from: conversations and models.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { count } from './figures';
import { label, path } from './places';
import { Candidate, Model, Models, Summary } from './protocol';

const most = 500; // as many as the daemon gives at once
const week = 7 * 24 * 3600 * 1000;

interface Page { conversations: Summary[]; next?: string }

// What lies nearest comes first: what may be meant where a file took over the content of a vanished one, the file's own,
// its folder's, this week's. Folders and dates can be typed to find what they belong to.
export async function switchConversation(daemon: Daemon, conversations: Conversations, document: vscode.TextDocument): Promise<void> {
  const { uri, conversation: shown } = await conversations.ready(document);
  const folder = document.isUntitled ? undefined : vscode.Uri.joinPath(document.uri, '..').toString();
  const [own, near, all, deleted] = await Promise.all([
    list(daemon, { textDocument: { uri } }), folder ? list(daemon, { folder }) : [], list(daemon, {}), list(daemon, { deleted: true }),
  ]);
  const listed = new Set<string>();
  const item = ({ conversation, title, uri, updated, turns, cost }: Candidate & Partial<Summary>) => ({
    label: `${conversation === shown.conversation ? '$(check) ' : ''}${title || 'Nothing asked yet'}`,
    description: path(uri),
    detail: [updated && new Date(updated).toLocaleString(), turns && `${turns} turns`, money(cost)].filter(Boolean).join(' · '),
    conversation,
  });
  const section = (text: string, summaries: Candidate[]) => {
    const others = summaries.filter(({ conversation }) => !listed.has(conversation));
    for (const { conversation } of others) listed.add(conversation);
    return others.length === 0 ? [] : [{ label: text, kind: vscode.QuickPickItemKind.Separator, conversation: '' }, ...others.map(item)];
  };
  const recent = ({ updated }: Summary) => Date.parse(updated) > Date.now() - week;
  const candidates = (shown.candidates ?? []).map((one) => all.find(({ conversation }) => conversation === one.conversation) ?? one);
  const chosen = await vscode.window.showQuickPick([
    ...section('may belong to this file', candidates),
    ...section('of this file', own),
    ...section('of its folder', near),
    ...section('of other files, in the last seven days', all.filter(recent)),
    ...section('of other files, earlier', all),
    ...section('deleted', deleted),
  ], {
    title: `Choose the conversation that ${label(document)} shows`, placeHolder: 'Part of a title, a folder or a date',
    matchOnDescription: true, matchOnDetail: true,
  });
  if (chosen) await conversations.change(document, 'open', { conversation: chosen.conversation });
}

async function list(daemon: Daemon, of: object): Promise<Summary[]> {
  const summaries: Summary[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await daemon.request('conversation/list', { ...of, limit: most, cursor });
    summaries.push(...page.conversations);
    cursor = page.next;
  } while (cursor);
  return summaries;
}

// First the model, then how hard it shall think.
export async function chooseModel(daemon: Daemon, conversations: Conversations, document: vscode.TextDocument): Promise<void> {
  const { conversation } = await conversations.ready(document);
  const { models, default: standard, source, asOf } = await daemon.request<Models>('model/list', {});
  const prices = models.find(({ pricesAsOf }) => pricesAsOf)?.pricesAsOf;
  const mark = (current: boolean) => (current ? '$(check) ' : '');
  const model = await vscode.window.showQuickPick([
    ...models.map((model) => ({
      label: mark(model.id === conversation.model) + (model.deprecated ? '$(warning) ' : '') + model.name, description: model.id, id: model.id,
      efforts: model.efforts, detail: facts(model),
    })),
    { label: 'As in the settings', description: standard, id: '', efforts: [] as string[], detail: '' },
    { label: 'Other…', description: 'by its name', id: undefined, efforts: [] as string[], detail: '' },
  ], {
    title: `Model of this conversation (now ${conversation.model})`, matchOnDescription: true,
    placeHolder: `${prices ? `Prices of ${prices}. ` : ''}${source === 'api' ? 'As the server listed them on' : 'Built in, as of'} ${new Date(asOf).toLocaleDateString()}`,
  });
  if (!model) return;
  const id = model.id ?? await vscode.window.showInputBox({ title: 'Name of the model', value: conversation.model });
  if (id === undefined) return;
  let effort = '';
  if (model.efforts.length > 0) {
    const choice = await vscode.window.showQuickPick(
      ['The model’s own', ...model.efforts],
      { title: 'Effort', placeHolder: 'How thoroughly it thinks, and how much that costs' });
    if (!choice) return;
    if (model.efforts.includes(choice)) effort = choice;
  }
  await conversations.change(document, 'configure', { model: id, effort });
}

function facts({ price, contextWindow, deprecated, retires, successor }: Model): string {
  return [
    deprecated && `soon to be gone${retires ? `, on ${retires}` : ''}${successor ? `; ${successor} follows it` : ''}`,
    price ? `$${price.input} in, $${price.output} out for a million tokens` : 'price not known',
    contextWindow && `${count(contextWindow)} window`,
  ].filter(Boolean).join(' · ');
}

function money(cost: number | undefined): string {
  return cost === undefined ? '' : `$${cost.toFixed(3)}`;
}
