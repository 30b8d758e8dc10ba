// Lists from which the user chooses a conversation or a model. A list opens before its rows are known.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { count, listPrice, money } from './figures';
import { label, path } from './places';
import { plain, plainLine } from './plain';
import { Candidate, Model, Models, Summary } from './protocol';
import { openConversation } from './search';
import { Topic } from './topics';

const page_size = 500; // the most rows that the daemon returns in one response
const week_ms = 7 * 24 * 3600 * 1000;

// What a command does after the user has chosen something; undefined if nothing was chosen.
export type Work = (() => Promise<unknown>) | undefined;

interface Page { conversations: Summary[]; next?: string }

interface Choice extends vscode.QuickPickItem { candidate?: Candidate; elsewhere?: boolean }

// Lets the user choose a conversation. If the conversation belongs to another file, that file is opened. A button on
// the row makes this document show the conversation instead.
export async function switchConversation(daemon: Daemon, conversations: Conversations, documents: Documents, document: Topic): Promise<Work> {
  const box = vscode.window.createQuickPick<Choice>();
  Object.assign(box, {
    title: plainLine(`Open a conversation of ${label(document)} or of another file`), matchOnDescription: true, matchOnDetail: true,
    placeholder: 'Title, folder or date. If you choose another file’s conversation, that file opens',
  });
  const linkChosen = new Promise<Choice>((resolve) => {
    box.onDidTriggerItemButton(({ item }) => resolve({ ...item, elsewhere: false }));
  });
  const { candidate, elsewhere } = await pick(box, choices(daemon, conversations, document), linkChosen) ?? {};
  if (!candidate) return undefined;
  if (elsewhere) return () => openConversation(candidate, conversations, documents, document);
  return () => conversations.change(document, 'open', { conversation: candidate.conversation });
}

// Resolves to the conversations to choose from. First come conversations of vanished files that had this file's
// content, then those of this file, of its folder, of the last week, and all others. Descriptions and details hold
// folders and dates, so that the user can type these to find a row.
async function choices(daemon: Daemon, conversations: Conversations, document: Topic): Promise<Choice[]> {
  const { uri, conversation: shown } = await conversations.ready(document);
  const folder = document.isUntitled ? undefined : vscode.Uri.joinPath(document.uri, '..').toString();
  const [own, near, all, deleted] = await Promise.all([
    listConversations(daemon, { textDocument: { uri } }), folder ? listConversations(daemon, { folder }) : [], listConversations(daemon, {}), listConversations(daemon, { deleted: true }),
  ]);
  const link = { iconPath: new vscode.ThemeIcon('link'), tooltip: `Let ${plainLine(label(document))} Show This Conversation` };
  const candidates = (shown.candidates ?? []).map((one) => all.find(({ conversation }) => conversation === one.conversation) ?? one);
  const belongs = new Set([...own, ...candidates].map(({ conversation }) => conversation));
  const listed = new Set<string>();
  const item = (candidate: Candidate & Partial<Summary>): Choice => {
    const elsewhere = !belongs.has(candidate.conversation) && candidate.uri !== uri;
    return {
      label: `${candidate.conversation === shown.conversation ? '$(check) ' : ''}${plainLine(candidate.title) || 'Nothing asked yet'}`,
      description: plainLine(path(candidate.uri)),
      detail: [money(candidate.cost), candidate.turns && `${candidate.turns} turns`, candidate.updated && new Date(candidate.updated).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })].filter(Boolean).join(' · '),
      buttons: elsewhere ? [link] : [],
      candidate, elsewhere,
    };
  };
  const section = (text: string, summaries: Candidate[]): Choice[] => {
    const others = summaries.filter(({ conversation }) => !listed.has(conversation));
    for (const { conversation } of others) listed.add(conversation);
    return others.length === 0 ? [] : [{ label: text, kind: vscode.QuickPickItemKind.Separator }, ...others.map(item)];
  };
  const recent = ({ updated }: Summary) => Date.parse(updated) > Date.now() - week_ms;
  return [
    ...section('may belong to this file', candidates),
    ...section('of this file', own),
    ...section('of its folder', near),
    ...section('of other files, in the last seven days', all.filter(recent)),
    ...section('of other files, earlier', all),
    ...section('deleted', deleted),
  ];
}

// Shows the box at once, without rows: a box that opens later could take the focus while the user types elsewhere.
// Resolves to the chosen row or to the row of `alternative`; to undefined if the box was closed.
export async function pick<Row extends vscode.QuickPickItem>(box: vscode.QuickPick<Row>, rows: Promise<Row[]>, alternative?: Promise<Row>): Promise<Row | undefined> {
  const dismissed = new Promise<undefined>((resolve) => {
    box.onDidHide(() => resolve(undefined));
  });
  const accepted = new Promise<Row>((resolve) => {
    box.onDidAccept(() => box.selectedItems[0] && resolve(box.selectedItems[0]));
  });
  const chosen = rows.then((items) => {
    box.items = items;
    box.busy = false;
    return accepted;
  });
  box.busy = true;
  box.show();
  try {
    return await Promise.race([chosen, dismissed, ...(alternative ? [alternative] : [])]);
  } finally {
    box.dispose();
  }
}

async function listConversations(daemon: Daemon, of: object): Promise<Summary[]> {
  const summaries: Summary[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await daemon.request('conversation/list', { ...of, limit: page_size, cursor });
    summaries.push(...page.conversations);
    cursor = page.next;
  } while (cursor);
  return summaries;
}

interface ModelChoice extends vscode.QuickPickItem { id: string | undefined; efforts: string[] }

// Lets the user choose a model, and then how thoroughly it thinks.
export async function chooseModel(daemon: Daemon, conversations: Conversations, document: Topic): Promise<Work> {
  const box = vscode.window.createQuickPick<ModelChoice>();
  // `sortByLabel: false` keeps the daemon's order, newest first, even while the user types.
  Object.assign(box, { title: 'Model of this conversation', matchOnDescription: true, sortByLabel: false });
  const model = await pick(box, modelChoices(daemon, conversations, document, box));
  if (!model) return undefined;
  const current = conversations.stateOf(document).conversation?.model ?? '';
  const id = model.id ?? await vscode.window.showInputBox({ title: 'Name of the model', value: current });
  if (id === undefined) return undefined;
  let effort = '';
  if (model.efforts.length > 0) {
    const choice = await vscode.window.showQuickPick(
      ['The model’s default', ...model.efforts],
      { title: 'Effort', placeHolder: 'How thoroughly the model thinks, and how much that costs' });
    if (!choice) return undefined;
    if (model.efforts.includes(choice)) effort = choice;
  }
  return () => conversations.change(document, 'configure', { model: id, effort });
}

async function modelChoices(daemon: Daemon, conversations: Conversations, document: Topic, box: vscode.QuickPick<ModelChoice>): Promise<ModelChoice[]> {
  const { conversation } = await conversations.ready(document);
  const { models, default: standard, source, asOf } = await daemon.request<Models>('model/list', {});
  const prices = models.find(({ pricesAsOf }) => pricesAsOf)?.pricesAsOf;
  box.title = plainLine(`Model of this conversation (now ${conversation.model})`);
  box.placeholder = `Writing to the 1 h cache costs twice the “in” price. ${prices ? `Prices of ${prices}. ` : ''}${source === 'api' ? 'Listed on' : 'Built in, as of'} ${new Date(asOf).toLocaleDateString()}`;
  const mark = (current: boolean) => (current ? '$(check) ' : '');
  return [
    ...models.map((model) => ({
      label: mark(model.id === conversation.model) + (model.deprecated ? '$(warning) ' : '') + plainLine(model.name), description: plainLine(model.id), id: model.id,
      efforts: model.efforts, detail: modelFacts(model),
    })),
    { label: 'As in the settings', description: plainLine(standard), id: '', efforts: [] },
    { label: 'Other…', description: 'by its name', id: undefined, efforts: [] },
  ];
}

function modelFacts({ price, contextWindow, deprecated, retires, successor }: Model): string {
  return plain([
    deprecated && `deprecated${retires ? `, retires on ${retires}` : ''}${successor ? `; use ${successor}` : ''}`,
    price ? listPrice(price) : 'price not known',
    contextWindow && `${count(contextWindow)} window`,
  ].filter(Boolean).join(' · '));
}
