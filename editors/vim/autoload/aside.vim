vim9script
# What the commands do: collect what the user chose, and send it. The rest is the daemon's.

import autoload 'aside/daemon.vim'
import autoload 'aside/health.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/thread.vim'

# `range` is how many line numbers were given: 0, 1 or 2. Without a question it is to be written in the prompt.
export def Ask(mods: string, range: number, first: number, last: number, question: string)
  if !daemon.Start()
    return
  endif
  # Lines of a page become part of the question: the file has no such lines.
  const quoting = range > 0 && Ours()
  const quote = quoting ? getline(first, last)->map((_, line) => $'> {line}') : []
  if range > 0 && !quoting
    prompt.Stage(bufnr(), first, last)
  endif
  final here = Shown(mods)
  if question =~ '\S'
    Send(here, (quote == [] ? '' : quote->join("\n") .. "\n\n") .. question)
  else
    thread.With(here)
    daemon.Notify('conversation/prepare', {textDocument: {uri: here.uri}})  # typing takes time that it can use
    prompt.Open(here.page, quote)
  endif
enddef

# :write in the prompt. The text stays in its undo history, and comes back if the daemon doesn't take it.
export def Submit()
  const [buffer, window] = [bufnr(), win_getid()]
  const question = prompt.Question(buffer)->trim("\n")
  if question !~ '\S'
    daemon.Complain('write a question above all, :q leaves it for later')
  elseif daemon.Start()
    prompt.Replace(buffer, '')
    Send(Shown(''), question, () => prompt.Replace(buffer, question))
    timer_start(0, (_) => {  # :wq closes a window by itself, when this is over
      if winbufnr(window) == buffer
        page.Leave(window)
      endif
    })
  endif
enddef

export def Add(first: number, last: number)
  if Ours()
    daemon.Complain('these lines are part of the conversation already')
  elseif daemon.Start()
    prompt.Stage(bufnr(), first, last)
    const lines = first == last ? $'line {first}' : $'lines {first}-{last}'
    const count = prompt.Count() == 1 ? '' : $', {prompt.Count()} selections now'
    daemon.Tell($'{lines} of {expand("%:t") ?? "[No Name]"} will go with the next question{count}')
  endif
enddef

# For an <expr> map: what `callback` does with the lines of a motion; `.` does it again.
export def Operator(callback: string): string
  &operatorfunc = callback
  return 'g@'
enddef

export def AskAbout(_: string)
  Ask('', 2, line("'["), line("']"), '')
enddef

export def AddAll(_: string)
  Add(line("'["), line("']"))
enddef

export def Read(buffer: number)
  thread.Read(buffer)
enddef

export def Retry(mods: string)
  Reply(mods, 'conversation/retry')
enddef

export def Continue(mods: string)
  Reply(mods, 'conversation/continue')
enddef

export def Stop()
  if daemon.Alive()
    thread.Stop(thread.Here())
  endif
enddef

export def Open(mods: string)
  if daemon.Start()
    thread.With(Shown(mods))
  endif
enddef

export def New(mods: string)
  Change(mods, (here, _) => thread.Change(here, 'conversation/new', {textDocument: {uri: here.uri}}))
enddef

export def Undo(mods: string)
  Change(mods, (here, id) => {
    if here.path == []
      daemon.Complain('there is no question to take back')
    else
      thread.Change(here, 'conversation/select', {conversation: id, turn: get(here.path, -2, v:null)})
    endif
  })
enddef

export def Redo(mods: string)
  Change(mods, (here, id) => {
    if here.redo == ''
      daemon.Complain('there is nothing to go forward to')
    else
      thread.Change(here, 'conversation/select', {conversation: id, turn: here.redo})
    endif
  })
enddef

# Without a title those of this file are offered.
export def Threads(mods: string, title: string)
  Change(mods, (here, _) => thread.List(here, (rows) => {
    const Choose = (row) => thread.Change(here, 'conversation/open',
      {textDocument: {uri: here.uri}, conversation: row.conversation})
    const named = rows->copy()->filter((_, row) => stridx(row.title, title) == 0)
    if named == []
      daemon.Complain(title == '' ? 'this file has no conversation yet' : $'no conversation of this file is called "{title}"')
    elseif title != ''
      Choose(named[0])
    else
      popup_menu(rows->mapnew((_, row) => Line(row)), {title: ' Conversations, newest first ', maxheight: &lines - 6,
        maxwidth: &columns - 8, filtermode: 'n', callback: (_, chosen) => {
          if chosen > 0
            Choose(rows[chosen - 1])
          endif
        }})
    endif
  }))
enddef

# {model} and {effort} for the thread from now on; without them it says what is in use.
export def Model(...chosen: list<string>)
  Change('', (here, id) => {
    if chosen == []
      daemon.Tell($'this conversation uses {here.about}')
    else
      const [model, effort] = [chosen[0], get(chosen, 1, '')]
      thread.Change(here, 'conversation/configure', {conversation: id, model: model}
        ->extend(effort == '' ? {} : {effort: effort}))
      daemon.Tell($'the next question goes to {model} {effort}')
    endif
  })
enddef

export def Health(mods: string)
  health.Show(mods)
enddef

# For 'statusline': what the thread of this window's buffer is doing, its model, tokens and cost.
export def Statusline(): string
  return thread.Statusline()
enddef

export def CompleteThreads(_: string, _: string, _: number): string
  if !daemon.Start()
    return ''
  endif
  final here = thread.Here()
  thread.With(here)
  return daemon.Answer('conversation/list', {textDocument: {uri: here.uri}})->get('conversations', [])
    ->mapnew((_, row) => row.title)->join("\n")
enddef

export def CompleteModel(_: string, line: string, cursor: number): string
  const words = line[: cursor - 1]->split('\s\+', true)
  final models: list<dict<any>> = daemon.Start() ? daemon.Answer('model/list', {})->get('models', []) : []
  return len(words) == 2 ? models->mapnew((_, model) => model.id)->join("\n")
    : len(words) == 3 ? models->copy()->filter((_, model) => model.id == words[1])->get(0, {efforts: []}).efforts->join("\n") : ''
enddef

def Ours(): bool
  return getbufvar(page.About(bufnr()).page, '&filetype') == 'aside' && page.About(bufnr()).source != bufnr()
enddef

def Shown(mods: string): dict<any>
  const here = thread.Here()
  page.Show(here.page, mods)
  return here
enddef

# Sends a question with all that is staged. `Refused` is called when the daemon doesn't take it.
def Send(here: dict<any>, question: string, Refused: func = () => Nothing())
  const staged = prompt.Take()
  thread.With(here)
  thread.Ask(here, 'conversation/ask', {
    textDocument: {uri: here.uri}, question: question, attachments: prompt.Attachments(staged)
  }, (taken) => {
    if !taken
      prompt.Return(staged)
      Refused()
    endif
  })
enddef

def Reply(mods: string, method: string)
  Change(mods, (here, id) => thread.Ask(here, method, {conversation: id}, (_) => Nothing()))
enddef

# Shows the thread and calls `What` with it and its id.
def Change(mods: string, What: func)
  if daemon.Start()
    const here = Shown(mods)
    thread.With(here, (id) => What(here, id))
  endif
enddef

# A thread in the list.
def Line(row: dict<any>): string
  const cost = row->has_key('cost') ? printf(', $%.3f', row.cost) : ''
  return $'{row.updated[: 9]}  {row.title ?? "(no title)"}  ({row.turns} turns{cost})'
enddef

def Nothing()
enddef

defcompile  # the reason is in aside/daemon.vim
