// Searches questions and replies while the user types: everywhere, in one folder or in one file.
import * as vscode from 'vscode';
import { Conversations } from './conversations';
import { Daemon } from './daemon';
import { Documents } from './documents';
import { label, path } from './places';
import { plainLine } from './plain';
import { Hit } from './protocol';
import { Topic, bringToFront, no_file, openTopic, sameTopic } from './topics';

const pause_ms = 150; // how long to wait after the last typed key before searching

interface Row extends vscode.QuickPickItem { hit?: Hit }
interface Scope extends vscode.QuickInputButton { params: object }

// Lets the user search. Resolves to the chosen hit, or to undefined. Buttons limit the search to `document` or to its
// folder.
export async function search(daemon: Daemon, documents: Documents, document: Topic): Promise<Hit | undefined> {
  const box = vscode.window.createQuickPick<Row>();
  const scope = (icon: string, tooltip: string, params: object): Scope => ({ iconPath: new vscode.ThemeIcon(icon), tooltip, params });
  const everything = scope('globe', 'Search everything', {});
  let chosenScope = everything;
  let latest = 0;
  let timer: NodeJS.Timeout | undefined;
  const runSearch = async () => {
    const number = ++latest;
    const query = withPrefixMatch(box.value.trim());
    box.busy = query !== '';
    const { hits } = query ? await daemon.request<{ hits: Hit[] }>('conversation/search', { query, ...chosenScope.params }) : { hits: [] };
    if (number !== latest) return;
    box.busy = false;
    box.items = hits.length > 0 || !query ? hits.map(item) : [{ label: 'Nothing found', alwaysShow: true }];
  };
  box.placeholder = 'Words, "words in this order", or begin* for the beginning of a word';
  box.title = everything.tooltip;
  if (!sameTopic(document, no_file)) {
    box.buttons = [
      everything,
      scope('folder', 'Search the folder of this file', { folder: vscode.Uri.joinPath(document.uri, '..').toString() }),
      scope('file', plainLine(`Search ${label(document)}`), { textDocument: { uri: documents.uri(document) } }),
    ].slice(0, document.isUntitled ? 1 : 3);
  }
  try {
    return await new Promise<Hit | undefined>((resolve, reject) => {
      const search = (pause: number) => {
        clearTimeout(timer);
        timer = setTimeout(() => runSearch().catch(reject), pause);
      };
      box.onDidChangeValue(() => search(pause_ms));
      box.onDidTriggerButton((button) => {
        chosenScope = button as Scope;
        box.title = chosenScope.tooltip;
        search(0);
      });
      box.onDidAccept(() => box.selectedItems[0]?.hit && resolve(box.selectedItems[0].hit));
      box.onDidHide(() => resolve(undefined));
      box.show();
    });
  } finally {
    clearTimeout(timer);
    box.dispose();
  }
}

// Brings the file of a hit to the front and shows its conversation, on the branch with the hit's turn.
export async function openHit(hit: Hit, conversations: Conversations, documents: Documents, other: Topic): Promise<void> {
  const document = await openConversation(hit, conversations, documents, other);
  const { turns } = (await conversations.ready(document)).conversation;
  const shown = hit.side ? hit.reply : hit.turn;
  if (!turns.some(({ turn }) => turn === shown)) await conversations.change(document, 'select', { turn: hit.reply, onward: true });
}

// Brings the conversation's file to the front without moving the cursor there, and makes the file show the
// conversation. If the file is gone, `other` shows the conversation. Resolves to the document that shows the
// conversation now.
export async function openConversation(one: { conversation: string; uri: string }, conversations: Conversations, documents: Documents, other: Topic): Promise<Topic> {
  const document = documents.find(one.uri) ?? await openTopic(vscode.Uri.parse(one.uri)) ?? other;
  await bringToFront(document, true);
  await conversations.change(document, 'open', { conversation: one.conversation });
  return document;
}

function item(hit: Hit): Row {
  return {
    label: plainLine(hit.snippet), detail: plainLine([path(hit.uri), hit.title, new Date(hit.created).toLocaleString()].join(' · ')),
    alwaysShow: true, hit,
  };
}

// Adds a "*" to the last word, which may be incomplete. A word of one or two letters gets no "*": too many words begin
// with these letters, so the search would take long.
function withPrefixMatch(query: string): string {
  const quoted = query.split('"').length % 2 === 0;
  return quoted || !/[^\s"*]{3}$/.test(query) ? query : `${query}*`;
}
