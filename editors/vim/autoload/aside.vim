vim9script
# What the commands do: collect what the user chose, and send it. The rest is the daemon's.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/thread.vim'

var operator_command: string

# `range` is how many line numbers were given: 0, 1 or 2. Without a question it is to be written in the prompt.
export def Ask(mods: string, range: number, first: number, last: number, question: string)
  if !daemon.Start()
    return
  endif
  var quote: list<string> = []
  if range > 0 && Ours()  # the file has no such lines, so they become a part of the question
    quote = getline(first, last)->map((_, line) => $'> {line}')
  elseif range > 0
    prompt.Stage(bufnr(), first, last)
  endif
  final here = Shown(mods)
  if question =~ '\S'
    Send(here, (quote == [] ? [] : quote + [''])->add(question)->join("\n"))
  else
    thread.With(here)
    daemon.Notify('conversation/prepare', thread.Document(here))  # typing takes time that it can use
    prompt.Open(here, quote)
  endif
enddef

# :write in the prompt, whose window is closed then. The text stays in its undo history, and comes back if the
# daemon doesn't take it.
export def Submit()
  const buffer = bufnr()
  const question = prompt.Question(buffer)->trim("\n")
  if question !~ '\S'
    daemon.Complain('write a question above all, :q leaves it for later')
  elseif daemon.Start()
    const here = Shown('')
    const edited = here.edited
    w:aside_sent = true
    here.edited = {}
    prompt.Replace(buffer, '')
    Send(here, question, edited, () => {
      here.edited = edited
      prompt.Replace(buffer, question)
    })
  endif
enddef

# The question under the cursor, with what was shared with it, into the prompt: sent, it is a branch.
export def Edit(mods: string)
  const exchange = Exchange(mods)
  if exchange != {}
    prompt.Open(exchange.here, [])
    exchange.here.edited = {parent: exchange.question.parent}
    prompt.Edit(exchange.question)
  endif
enddef

export def Add(first: number, last: number)
  if Ours()
    daemon.Complain('these lines are part of the conversation already')
  elseif daemon.Start()
    const count = prompt.Stage(bufnr(), first, last)
    const lines = first == last ? $'line {first}' : $'lines {first}-{last}'
    daemon.Tell($'{lines} of {document.Name(bufnr())} will go with the next question'
      .. (count == 1 ? '' : $', {count} selections now'))
  endif
enddef

# For an <expr> map: an operator that gives the lines of a motion to a command; `.` does it again.
export def Operator(command: string): string
  operator_command = command
  &operatorfunc = 'aside#Operate'
  return 'g@'
enddef

export def Operate(_: string)
  execute $":'[,']{operator_command}"
enddef

export def Open(mods: string)
  Change(mods, (_) => thread.Nothing())
enddef

# A page that is edited again, or brought up by its name; or a prompt that a session gives back, without its text.
export def Read(buffer: number)
  const path = bufname(buffer)->substitute('^aside\%(-prompt\)\=://', '', '')
  if bufname(buffer) =~ '^aside-prompt:'
    prompt.Make(thread.Of(bufadd(path)))
  elseif getbufvar(buffer, 'aside', {}) != {}
    thread.With(thread.Of(buffer), (here) => thread.Refresh(here))
  elseif path =~ '^\[No Name\]'
    daemon.Complain('this conversation was about a buffer without a name, which is gone')
  elseif daemon.Start()
    thread.With(page.Make(thread.Of(bufadd(path))))
  endif
enddef

export def Stop()
  if daemon.Alive()
    thread.With(thread.Of(bufnr()), (here) =>
      thread.Request(here, 'conversation/stop', {conversation: here.id}, (_) => thread.Nothing()))
  endif
enddef

# `method` has another reply written.
export def Reply(mods: string, method: string)
  Change(mods, (here) => thread.Ask(here, method, {conversation: here.id}))
enddef

export def New(mods: string)
  Change(mods, (here) => thread.Change(here, 'conversation/new', thread.Document(here)))
enddef

export def Undo(mods: string)
  Change(mods, (here) => Select(here, here.path != [], get(here.path, -2, v:null), 'there is no question to take back'))
enddef

export def Redo(mods: string)
  Change(mods, (here) => Select(here, here.redo != '', here.redo, 'there is nothing to go forward to'))
enddef

# To the next (1) or previous (-1) variant of the turn under the cursor, and there to where its branch was left.
export def Vary(mods: string, step: number)
  const exchange = Exchange(mods)
  if exchange == {}
    return
  endif
  const here: dict<any> = exchange.here
  const kind = exchange.asked && len(exchange.question.variants) > 1 ? 'question' : 'reply'
  const variants: list<string> = exchange[kind].variants
  const place = variants->index(exchange[kind].turn) + step
  const variant = get(variants, place, '')
  if len(variants) == 1
    daemon.Complain('there is no other reply to this question')
  elseif place < 0 || place == len(variants)
    daemon.Complain($'this is the {step > 0 ? "last" : "first"} {kind} of {len(variants)}')
  elseif kind == 'question' && !here.tips->has_key(variant)
    daemon.Complain($'this Vim has not seen yet where question {place + 1} of {len(variants)} leads')
  else
    thread.Change(here, 'conversation/select',
      {conversation: exchange.conversation, turn: here.tips->get(variant, variant)})
    daemon.Tell($'{kind} {place + 1} of {len(variants)}')
  endif
enddef

def Select(here: dict<any>, possible: bool, turn: any, complaint: string)
  if possible
    thread.Change(here, 'conversation/select', {conversation: here.id, turn: turn})
  else
    daemon.Complain(complaint)
  endif
enddef

# Without a title those of this file are offered.
export def Threads(mods: string, title: string)
  Change(mods, (here) => thread.Request(here, 'conversation/list', thread.Document(here), (result) => {
    const rows: list<dict<any>> = result.conversations
    const Choose = (row) =>
      thread.Change(here, 'conversation/open', thread.Document(here)->extend({conversation: row.conversation}))
    const named = rows->copy()->filter((_, row) => stridx(row.title, title) == 0)
    if named == []
      const missing = title == '' ? 'has no conversation yet' : $'has no conversation called "{title}"'
      daemon.Complain($'this file {missing}')
    elseif title != ''
      Choose(named[0])
    else
      popup_menu(rows->mapnew((_, row) => Line(row)), {title: ' Conversations, newest first ', maxheight: &lines - 6,
        maxwidth: &columns - 8, filtermode: 'n', callback: (_, line) => {
          if line > 0
            Choose(rows[line - 1])
          endif
        }})
    endif
  }))
enddef

# {model} and {effort} for the thread from now on; without them it says what is in use.
export def Model(model = '', effort = '')
  Change('', (here) => {
    if model == ''
      daemon.Tell($'this conversation uses {here.about}')
    else
      thread.Change(here, 'conversation/configure', {conversation: here.id, model: model}
        ->extend(effort == '' ? {} : {effort: effort}))
      daemon.Tell($'the next question goes to {model} {effort}')
    endif
  })
enddef

# For 'statusline'. Vim9 script has no such names.
legacy function aside#statusline()
  return aside#thread#Statusline()
endfunction

export def CompleteThreads(_: string, _: string, _: number): string
  return !daemon.Start() ? '' : daemon.Answer('conversation/list', thread.Document(thread.Of(bufnr())))
    ->get('conversations', [])->mapnew((_, row) => row.title)->join("\n")
enddef

export def CompleteModel(_: string, line: string, cursor: number): string
  const words = line[: cursor - 1]->split('\s\+', true)
  const models: list<dict<any>> = daemon.Start() ? daemon.Answer('model/list', {})->get('models', []) : []
  const chosen: list<dict<any>> = models->copy()->filter((_, model) => model.id == words[1])
  return len(words) == 2 ? models->mapnew((_, model) => model.id)->join("\n")
    : len(words) == 3 && chosen != [] ? chosen[0].efforts->join("\n") : ''
enddef

def Ours(): bool
  return &filetype =~ '^aside'
enddef

def Shown(mods: string): dict<any>
  const here = page.Make(thread.Of(bufnr()))
  page.Show(here, mods)
  return here
enddef

# Shows the thread and calls `What` with it, once the daemon has told its id.
def Change(mods: string, What: func)
  if daemon.Start()
    thread.With(Shown(mods), What)
  endif
enddef

# Shows the thread and returns the question and the reply under the cursor, and whether it is on the question;
# elsewhere than in the page, the last ones. It waits, for keys that are typed ahead are meant for what comes of it.
def Exchange(mods: string): dict<any>
  if !daemon.Start()
    return {}
  endif
  const here = Shown(mods)
  const chosen = page.Turn(here)
  thread.With(here)
  const known = daemon.Answer('conversation/get', thread.Document(here))
  const turns: list<dict<any>> = known->get('turns', [])
  if turns == []
    daemon.Complain('nothing has been asked yet')
    return {}
  endif
  # A variant that has just been left may be on the page still.
  const at = turns->mapnew((_, turn) => turn.variants->index(chosen) >= 0)->index(true)
  const place = at < 0 ? len(turns) - 1 : at
  const first = place - place % 2
  return {here: here, conversation: known.conversation, question: turns[first], reply: turns[first + 1],
    asked: place == first}
enddef

# Sends a question with all that is staged; `place` may name the reply that it follows. `Refused` is called when the
# daemon doesn't take it.
def Send(here: dict<any>, question: string, place: dict<any> = {}, Refused: func = () => thread.Nothing())
  const staged = prompt.Take()
  thread.With(here)
  thread.Ask(here, 'conversation/ask', thread.Document(here)->extend(place)->extend({
    question: question, attachments: prompt.Attachments(staged)}), () => {
    prompt.Return(staged)
    Refused()
  })
enddef

# A thread in the list.
def Line(row: dict<any>): string
  const cost = row->has_key('cost') ? printf(', $%.3f', row.cost) : ''
  return $'{row.updated[: 9]}  {row.title ?? "(no title)"}  ({row.turns} turns{cost})'
enddef

defcompile  # the reason is in aside/daemon.vim
