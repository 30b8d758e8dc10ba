vim9script
# Commands on whole conversations: choose, rename, fork, delete, export, import.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/file.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/subject.vim'

const max_listed = 500  # the daemon's own limit

export def New(mods: string)
  const current = subject.ShowAndGet(mods)
  if current != {}
    SwitchTo(current.here, 'conversation/new', {})
  endif
enddef

# Opens a conversation of this file; with `deleted`, one of its deleted conversations. Without a title, a menu offers
# all of them. If the cursor is in the page, it stays there; otherwise the prompt opens.
export def Choose(mods: string, deleted: bool, title: string)
  const current = subject.ShowAndGet(mods)
  const offered = Offered(current, deleted)
  if offered == {}
    return
  endif
  const here: dict<any> = current.here
  const rows: list<dict<any>> = offered.rows
  const Open = (row) => {
    if &filetype == 'aside'
      conversation.Change(here, 'conversation/open', conversation.Document(here)->extend({conversation: row.conversation}))
    else
      SwitchTo(here, 'conversation/open', {conversation: row.conversation})
    endif
  }
  const named = rows->copy()->filter((_, row) => stridx(row.title, title) == 0)
  if rows == []
    daemon.Complain(deleted ? 'this file has no deleted conversation' : 'this file has no conversation yet')
  elseif named == []
    daemon.Complain($'this file has no {deleted ? "deleted " : ""}conversation called "{title}"')
  elseif title != ''
    Open(named[0])
  else
    popup_menu(rows->mapnew((_, row) => Line(row, current.conversation)), {
      title: deleted ? ' Deleted conversations, newest first ' : ' Conversations, newest first ',
      maxheight: &lines - 6, maxwidth: &columns - 8, filtermode: 'n', callback: (_, line) => {
        if line > 0
          Open(rows[line - 1])
        endif
      }})
  endif
enddef

# Forks the conversation: in the page, at the exchange under the cursor; elsewhere, at the last exchange.
export def Fork(mods: string, title: string)
  const exchange = subject.Exchange(mods)
  const name = exchange == {} ? '' : title ?? AskName('Name of the fork: ', exchange)
  if name != ''
    SwitchTo(exchange.here, 'conversation/fork',
      {conversation: exchange.conversation, turn: exchange.reply.turn, title: name})
  endif
enddef

export def Rename(mods: string, title: string)
  const current = subject.ShowAndGet(mods)
  const name = current == {} ? '' : title ?? AskName('Name of the conversation: ', current)
  if name != ''
    conversation.Change(current.here, 'conversation/configure', {conversation: current.conversation, title: name})
  endif
enddef

export def Delete(mods: string, confirmed: bool)
  const current = subject.ShowAndGet(mods)
  const offered = Offered(current, false)
  if offered == {}
    return
  elseif offered.rows->mapnew((_, row) => row.conversation)->index(current.conversation) < 0
    daemon.Complain('this file has no conversation yet')
  elseif confirmed || confirm($'Delete the conversation "{current.title->strtrans()}"?', "&Delete\n&Keep", 2) == 1
    conversation.Change(current.here, 'conversation/delete', {conversation: current.conversation},
      (_) => daemon.Inform($'"{current.title}" is deleted; :AsideThreads! can bring it back'))
  endif
enddef

export def Export(overwrite: bool, name: string)
  const path = file.Path(name)
  const format = {md: 'markdown', json: 'json'}->get(fnamemodify(path, ':e'), '')
  if format == ''
    daemon.Complain('name a file that ends in .md (to read) or .json (to import again)')
  elseif file.Writable(path, overwrite, ':AsideExport!') && daemon.Start()
    conversation.With(conversation.Of(bufnr()), (here) =>
      conversation.Request('conversation/export', {conversation: here.id, format: format}, (result) =>
        file.Write(path, result.text, 'the conversation')))
  endif
enddef

export def Import(mods: string, name: string)
  const path = file.Path(name)
  if !filereadable(path)
    daemon.Complain($'{name} cannot be read')
    return
  endif
  const text = readfile(path, 'b')->join("\n")->iconv('utf-8', &encoding)
  subject.With(mods, (here) =>
    daemon.Request('conversation/import', conversation.Document(here)->extend({text: text}), (answer) => {
      if answer->has_key('error')
        const message = answer.error.message->substitute('^params\.text', (_) => name, '')
        conversation.Complain(answer.error->extendnew({message: message}))
      else
        conversation.Refresh(here)
      endif
    }))
enddef

export def CompleteFile(lead: string, _: string, _: number): list<string>
  return file.Complete(lead)
enddef

# Completes a title. The user may have typed some words of the title already.
export def Complete(lead: string, line: string, cursor: number): list<string>
  const [_, bang, typed; _] = line[: cursor - 1]->matchlist('\a\+\(!\=\)\s*\(.*\)')
  return Offered(subject.Get(conversation.Of(bufnr())), bang == '!')->get('rows', [])
    ->filter((_, row) => stridx(row.title, typed) == 0)->mapnew((_, row) => row.title[len(typed) - len(lead) :])
enddef

# Completes with the present title, so that the user can change it.
export def CompleteTitle(_: string, _: string, _: number): string
  return subject.Get(conversation.Of(bufnr()))->get('title', '')
enddef

# Returns the conversations to offer, as `rows`. If the daemon has found conversations of files that are gone and may be
# about this file, these come first. After an error, shows the error to the user and returns {}.
def Offered(current: dict<any>, deleted: bool): dict<any>
  const listed = current == {} ? {} : conversation.Answer('conversation/list', conversation.Document(current.here)
    ->extend({deleted: !!deleted, limit: max_listed}))
  return listed == {} ? {} : {rows: (deleted ? [] : current->get('candidates', [])) + listed.conversations}
enddef

# Makes the file show another conversation, and opens the prompt. This waits for the daemon, so that keys that are
# already typed go into the prompt.
def SwitchTo(here: dict<any>, method: string, params: dict<any>)
  if conversation.Answer(method, conversation.Document(here)->extend(params)) != {}
    here.edited = {}
    conversation.Refresh(here)
    daemon.Await(() => !here.fetching)
    prompt.OpenNext(here)
  endif
enddef

def AskName(question: string, current: dict<any>): string
  # strtrans(), since input() handles a control character as a key.
  const name = input(question, strtrans(current.title))
  redraw
  echo ''  # removes the typed answer from the screen
  return name
enddef

# A conversation's line in the menu; its title comes last, since it may be longer than the menu is wide.
def Line(row: dict<any>, current: string): string
  const mark = row.conversation == current ? '*' : ' '
  const title = strtrans(row.title ?? '(nothing asked yet)')
  if !row->has_key('turns')
    return $'? from {document.Label(row.uri)}, now gone: {title}'
  endif
  return printf('%s %s  %3d turns  %7s  %s', mark, row.updated[: 9], row.turns, row->get('price', ''), title)
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
