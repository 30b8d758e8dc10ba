vim9script
# What the commands do: collect what the user chose, and send it. The rest is the daemon's.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/subject.vim'
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
  final here = subject.Shown(mods)
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
    const here = subject.Shown('')
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
  const exchange = subject.Exchange(mods)
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
  subject.Change(mods, (_) => thread.Nothing())
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
      thread.Request('conversation/stop', {conversation: here.id}, (_) => thread.Nothing()))
  endif
enddef

# `method` has another reply written.
export def Reply(mods: string, method: string)
  subject.Change(mods, (here) => thread.Ask(here, method, {conversation: here.id}))
enddef

export def New(mods: string)
  subject.Change(mods, (here) => thread.Change(here, 'conversation/new', thread.Document(here)))
enddef

export def Undo(mods: string)
  subject.Change(mods, (here) =>
    Select(here, here.path != [], get(here.path, -2, v:null), 'there is no question to take back'))
enddef

export def Redo(mods: string)
  subject.Change(mods, (here) => Select(here, here.redo != '', here.redo, 'there is nothing to go forward to'))
enddef

# To the next (1) or previous (-1) variant of the turn under the cursor, and there to where its branch was left.
export def Vary(mods: string, step: number)
  const exchange = subject.Exchange(mods)
  if exchange == {}
    return
  endif
  const kind = exchange.asked && len(exchange.question.variants) > 1 ? 'question' : 'reply'
  const variants: list<string> = exchange[kind].variants
  const place = variants->index(exchange[kind].turn) + step
  if len(variants) == 1
    daemon.Complain('there is no other reply to this question')
  elseif place < 0 || place == len(variants)
    daemon.Complain($'this is the {step > 0 ? "last" : "first"} {kind} of {len(variants)}')
  else
    thread.Change(exchange.here, 'conversation/select',
      {conversation: exchange.conversation, turn: variants[place], onward: true})
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

# {model} and {effort} for the thread from now on; without them it says what is in use.
export def Model(model = '', effort = '')
  subject.Change('', (here) => {
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

export def CompleteModel(_: string, line: string, cursor: number): string
  const words = line[: cursor - 1]->split('\s\+', true)
  const models: list<dict<any>> = daemon.Answer('model/list', {})->get('result', {models: []}).models
  const chosen: list<dict<any>> = models->copy()->filter((_, model) => model.id == words[1])
  return len(words) == 2 ? models->mapnew((_, model) => model.id)->join("\n")
    : len(words) == 3 && chosen != [] ? chosen[0].efforts->join("\n") : ''
enddef

def Ours(): bool
  return &filetype =~ '^aside'
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

defcompile  # the reason is in aside/daemon.vim
