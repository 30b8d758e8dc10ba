vim9script
# The commands: they collect what the user has chosen, and send it. The daemon does the rest.

import autoload 'aside/apply.vim'
import autoload 'aside/attachment.vim'
import autoload 'aside/btw.vim'
import autoload 'aside/completion.vim'
import autoload 'aside/consent.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/mention.vim'
import autoload 'aside/page.vim'
import autoload 'aside/preview.vim'
import autoload 'aside/prompt.vim'
import autoload 'aside/subject.vim'

var operator_command: string

# :Aside. `range` is how many line numbers were given: 0, 1 or 2. Without a question the prompt opens. If
# `without_updates` is true, the question is sent without updates of the text that was shared before.
export def Ask(mods: string, without_updates: bool, range: number, first: number, last: number, question: string)
  if !daemon.Start()
    return
  endif
  final quote = range > 0 && subject.InAsideBuffer() ? Quoted(first, last) : []
  if range > 0 && !subject.InAsideBuffer()
    prompt.Stage(attachment.Lines(bufnr(), first, last))
  endif
  final here = subject.Show(mods)
  if quote == [] && LacksCode(here, question)
    prompt.Open(here, [])
    prompt.Replace(bufnr(), question)
    cursor('$', 1)
    startinsert!
  elseif question =~ '\S'
    SendQuestion(here, (quote == [] ? [] : quote + [''])->add(question)->join("\n"), without_updates, {})
  else
    OpenPrompt(here, quote, {})
  endif
enddef

# Opens the prompt; `edited` are the parameters of the question besides its text.
def OpenPrompt(here: dict<any>, quote: list<string>, edited: dict<any>)
  conversation.With(here)
  daemon.Notify('conversation/prepare', conversation.Document(here))  # the daemon connects while the user types
  completion.FetchPrompts()
  if edited != {}
    here.edited = edited
  endif
  prompt.Open(here, quote)
enddef

# :AsideRewrite. If no instruction is given, the prompt opens, so that the user can write it there.
export def Rewrite(mods: string, first: number, last: number, instruction: string)
  if subject.InAsideBuffer()
    daemon.Complain('these lines are part of the conversation: rewrite lines of a file')
  elseif !&modifiable
    daemon.Complain('this buffer can''t be changed: it is ''nomodifiable''')
  elseif document.HasOtherLines(bufnr())
    daemon.Complain('lines can''t be rewritten in a buffer with carriage returns inside of its lines')
  elseif daemon.Start() && daemon.Can('rewrite')
    const rewrite = {rewrite: {uri: document.Uri(bufnr()), range: attachment.ZeroBased(first, last)}}
    const lines = getline(first, last)
    const here = subject.Show(mods)
    here.rewritten = lines
    if instruction =~ '\S'
      SendQuestion(here, instruction, false, rewrite)
    else
      OpenPrompt(here, [], rewrite)
    endif
  endif
enddef

# :AsideBtw. If the cursor is on a side question, in the page or in the window of such questions, the new question
# follows that question's reply.
export def Btw(mods: string, range: number, first: number, last: number, question: string)
  if !daemon.Start() || !daemon.Can('side')
    return
  endif
  const inside = subject.InAsideBuffer()
  final quote = range > 0 && inside ? Quoted(first, last) : []
  if range > 0 && !inside
    prompt.Stage(attachment.Lines(bufnr(), first, last))
  endif
  const parent = btw.Reply()
  const beside = {side: true}->extend(parent == '' ? {} : {parent: parent})
  const here = subject.Show(mods)
  if question =~ '\S'
    SendQuestion(here, (quote == [] ? [] : quote + [''])->add(question)->join("\n"), false, beside)
  else
    OpenPrompt(here, quote, beside)
  endif
enddef

# :write in the prompt: sends the question and closes the prompt's window. The text stays in the prompt's undo history,
# and is put back if the daemon refuses the question.
export def Submit()
  const question = prompt.Question(bufnr())->trim("\n")
  if question !~ '\S'
    daemon.Complain('write a question first; :q keeps the prompt for later')
  elseif conversation.Of(bufnr()).state != '' && !conversation.Of(bufnr()).edited->get('side', false)
    daemon.Complain('Wait for the reply to end, or stop it with CTRL-C. The question stays here.')
  elseif Outdated(conversation.Of(bufnr()))
    daemon.Complain('the lines have changed since you chose them: choose them again with :AsideRewrite')
  elseif daemon.Start() && !LacksNamed() && !LacksCode(conversation.Of(bufnr()), question)
    const here = subject.Show('')
    const edited = here.edited
    w:aside_sent = true
    here.edited = {}
    prompt.Replace(bufnr(), '')
    SendQuestion(here, question, !!v:cmdbang, edited)
  endif
enddef

# Whether the lines that are to be rewritten have changed since they were chosen.
def Outdated(here: dict<any>): bool
  const range = here.edited->get('rewrite', {})->get('range', {})
  return range != {} && getbufline(here.source, range.start.line + 1, range.end.line) != here.rewritten
enddef

# Whether the question names files that were not added. The user is warned once for each.
def LacksNamed(): bool
  const complaint = mention.StageAll()
  if complaint != ''
    daemon.Complain($'{complaint} :w sends the question as it is')
  endif
  return complaint != ''
enddef

# Whether the question uses a named prompt that is about code, but no code is attached. The user is warned once for each
# question; after that the result is false.
def LacksCode(here: dict<any>, question: string): bool
  if prompt.Staged() != [] || here.edited->has_key('rewrite') || here.warned_question == question || !completion.NeedsCode(question)
    return false
  endif
  conversation.With(here)
  daemon.Await(() => here.id != '')
  if here.shared != []
    return false
  endif
  here.warned_question = question
  daemon.Complain($'no code is attached: CTRL-A adds {document.Name(here.source)}, :w sends the question without code')
  return true
enddef

# Shows what would be sent for `question`; if it is empty, for the question in the prompt. The attachments that the
# prompt lists and the lines of the range are included.
export def Preview(mods: string, without_updates: bool, range: number, first: number, last: number, question: string)
  if !daemon.Start()
    return
  endif
  const here = conversation.Of(bufnr())
  const draft = prompt.Draft(here)
  const quote = range > 0 && subject.InAsideBuffer() ? Quoted(first, last) + [''] : []
  const lines = range > 0 && !subject.InAsideBuffer() ? [attachment.Lines(bufnr(), first, last).attachment] : []
  const text = (quote + [question =~ '\S' ? question : draft])->join("\n")
  if text !~ '\S'
    daemon.Complain('give a question, or write one in the prompt')
    return
  endif
  const attachments = prompt.Attachments(prompt.Staged()) + lines
  const params = AskParams(here, text, without_updates, attachments)->extend(question =~ '\S' ? {} : here.edited)
  conversation.With(here, (_) => {
    Synchronise(here, attachments)
    preview.Show(mods, document.Name(here.source), params)
  })
enddef

# Puts the question under the cursor and its attachments into the prompt. When it is sent, it begins a branch.
export def Edit(mods: string)
  const exchange = subject.Exchange(mods)
  if exchange != {}
    exchange.here.edited = {parent: exchange.question.parent}
    prompt.Open(exchange.here, [])
    prompt.Edit(exchange.question)
  endif
enddef

# Returns the keys of an operator, for an <expr> map. The operator runs a command on the lines of a motion; `.` repeats
# the operator.
export def Operator(command: string): string
  operator_command = command
  &operatorfunc = 'aside#Operate'
  return 'g@'
enddef

export def Operate(_: string)
  execute $":'[,']{operator_command}"
enddef

export def Open(mods: string)
  subject.With(mods, (_) => conversation.Nothing())
enddef

# Fills a page that :edit has reloaded or opened by its name, or a prompt that a session has restored without its text.
export def Read(buffer: number)
  const path = bufname(buffer)->substitute('^aside\%(-prompt\)\=://', '', '')
  if bufname(buffer) =~ '^aside-prompt:'
    prompt.Make(conversation.Of(bufadd(path)))
  elseif getbufvar(buffer, 'aside', {}) != {}
    conversation.With(conversation.Of(buffer), (here) => conversation.Refresh(here))
  elseif path =~ '^\[No Name\]'
    daemon.Complain('this conversation was about a buffer without a name, and that buffer is gone')
  elseif daemon.Start()
    conversation.With(page.Make(conversation.Of(bufadd(path))))
  endif
enddef

export def Stop()
  if daemon.Alive()
    # Outside of their window, side questions are stopped only if nothing else is being written.
    conversation.With(conversation.Of(bufnr()), (here) => {
      const side = here.sides->copy()->filter((_, s) => s.state != '' && s.turn != '' && here.state == '')
      conversation.Request('conversation/stop', {conversation: here.id}->extend(side == [] ? {} : {turn: side[-1].turn}),
        (_) => conversation.Nothing())
    })
  endif
enddef

# Requests another reply; `method` is conversation/retry or conversation/continue.
export def Reply(mods: string, method: string)
  const side = btw.Reply()
  subject.With(mods, (here) => {
    if side != ''
      btw.Ask(here, method, {conversation: here.id, turn: side}, 'The side question again', (_) => false)
    else
      conversation.Ask(here, method, {conversation: here.id}, (_) => false, (result) => apply.ReadyAgain(here, result))
    endif
  })
enddef

# Shows the code of a reply as a change in its file.
export def Apply()
  apply.Apply()
enddef

export def Undo(mods: string)
  const current = subject.ShowAndGet(mods)
  if current != {}
    Select(current.here, current.turns != [], get(current.turns, -2, {parent: v:null}).parent, 'there is no question to undo')
  endif
enddef

export def Redo(mods: string)
  subject.With(mods, (here) => Select(here, here.redo != '', here.redo, 'there is nothing to redo'))
enddef

# Goes to the next (1) or previous (-1) variant of the turn under the cursor. The page shows the turns below that variant
# as it showed them last.
export def SelectVariant(mods: string, step: number)
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
    conversation.Change(exchange.here, 'conversation/select',
      {conversation: exchange.conversation, turn: variants[place], onward: true})
    daemon.Inform($'{kind} {place + 1} of {len(variants)}')
  endif
enddef

def Select(here: dict<any>, possible: bool, turn: any, complaint: string)
  if possible
    conversation.Change(here, 'conversation/select', {conversation: here.id, turn: turn})
  else
    daemon.Complain(complaint)
  endif
enddef

# Sets {model} and {effort} for the conversation. Without {model}, a message says which model and effort are in use.
export def Model(model = '', effort = '')
  subject.With('', (here) => {
    if model == ''
      daemon.Inform($'this conversation uses {here.figures[-1]}')
    else
      conversation.Change(here, 'conversation/configure', {conversation: here.id, model: model}
        ->extend(effort == '' ? {} : {effort: effort}), (result) =>
        daemon.Inform(result->get('notice', $'the next question goes to {result.model} {effort}'->trim())
          .. DeprecationNote(result.model)))
    endif
  })
enddef

# Asks the user for an API key. The key is used until this Vim ends; it is kept in memory only and never shown.
export def Key()
  const key = inputsecret('API key (https://platform.claude.com/settings/keys): ')->trim()
  redraw
  if key == ''
    daemon.Complain('no key was given')
  else
    daemon.UseKey(key)
    if daemon.Start()
      daemon.Inform('the key is used until Vim ends; to keep it, set ANTHROPIC_API_KEY')
      conversation.With(conversation.Of(bufnr()), (here) => conversation.Refresh(here))
    endif
  endif
enddef

# Asks Claude to sum up the conversation.
export def Compact(mods: string, instructions: string)
  subject.With(mods, (here) => conversation.Ask(here, 'conversation/compact', {conversation: here.id}
    ->extend(instructions =~ '\S' ? {instructions: instructions} : {})))
enddef

# Returns text for 'statusline'. This is a legacy function, since Vim9 script can't define a function with "#" in its
# name.
legacy function aside#statusline()
  return aside#conversation#Statusline()
endfunction

# Completes the name of a model, and after that an effort. Deprecated models come last.
export def CompleteModel(_: string, line: string, cursor: number): string
  const words = line[: cursor - 1]->split('\s\+', true)
  const models = Models()
  const chosen: list<dict<any>> = models->copy()->filter((_, model) => model.id == words[1])
  return len(words) == 2 ? models->copy()->filter((_, model) => !model->get('deprecated', false))
    ->extend(models->copy()->filter((_, model) => model->get('deprecated', false)))
    ->mapnew((_, model) => model.id)->join("\n")
    : len(words) == 3 && chosen != [] ? chosen[0].efforts->join("\n") : ''
enddef

def Models(): list<dict<any>>
  return daemon.Answer('model/list', {})->get('result', {models: []}).models
enddef

def DeprecationNote(id: string): string
  const model: dict<any> = Models()->filter((_, model) => model.id == id)->get(0, {})
  const date = model->has_key('retires') ? $', retires on {model.retires}' : ''
  const successor = model->has_key('successor') ? $': use {model.successor}' : ''
  return model->get('deprecated', false) ? $' (deprecated{date}{successor})' : ''
enddef

# Returns lines of a page or a prompt as quoted text for the question. They aren't lines of a file, so they can't be
# attached.
def Quoted(first: number, last: number): list<string>
  return getline(first, last)->map((_, line) => $'> {line}')
enddef

# Sends a question with all staged attachments. `edited` has the other parameters of the question. If the daemon refuses
# the question, the question is put back into the prompt, unless the user has written something else there.
def SendQuestion(here: dict<any>, question: string, without_updates: bool, edited: dict<any>)
  const staged = prompt.TakeStaged()
  const [mentioned, groups] = [here.mentioned, here.groups]
  SendRequest(here, AskParams(here, question, without_updates, prompt.Attachments(staged))->extend(edited), () => {
    prompt.PutBack(staged)
    if prompt.Draft(here) == ''
      here->extend({edited: edited, mentioned: mentioned, groups: groups})
      prompt.Replace(prompt.Make(here), question)
    endif
  })
enddef

# Sends conversation/ask. `PutBack` is called if the question is refused.
def SendRequest(here: dict<any>, params: dict<any>, PutBack: func)
  conversation.With(here, (_) => {
    Synchronise(here, params.attachments)
    const IfRefused = (error: dict<any>): bool => Refused(here, params, PutBack, error)
    # In an empty conversation a side question is sent as an ordinary question.
    if params->get('side', false) && (here.head != '' || here.state != '')
      btw.Ask(here, 'conversation/ask', params, params.question, IfRefused)
    elseif params->has_key('rewrite')
      conversation.Ask(here, 'conversation/ask', params, IfRefused, (result) => apply.Ready(here, result))
    else
      conversation.Ask(here, 'conversation/ask', params, IfRefused)
    endif
  }, (_) => PutBack())
enddef

# Handles the refusal of a question. Returns true if the user is now being asked whether to send the question anyway.
def Refused(here: dict<any>, params: dict<any>, PutBack: func, error: dict<any>): bool
  if conversation.Kind(error) == 'needsConsent'
    const Again = () => {
      if daemon.Start()
        SendRequest(here, params->extendnew({consent: params->get('consent', []) + error.data.reasons}), PutBack)
      else
        PutBack()
      endif
    }
    const Decline = () => {
      PutBack()
      prompt.OpenNext(here)
    }
    if consent.Ask(error.data.reasons, Again, Decline)
      return true
    endif
    error.data.hint = 'The question is in the prompt; :w asks again.'
  endif
  PutBack()
  return false
enddef

def AskParams(here: dict<any>, question: string, without_updates: bool, attachments: list<dict<any>>): dict<any>
  return conversation.Document(here)->extend({question: question, attachments: attachments})
    ->extend(without_updates ? {current: false} : {})
enddef

# Gives the daemon the present text of the buffers that are shared with this question or were shared before.
def Synchronise(here: dict<any>, attachments: list<dict<any>>)
  conversation.CloseUnseen()
  attachment.Synchronise(attachments)
  for uri in here.shared
    document.SynchroniseShared(uri)
  endfor
enddef

defcompile  # compiles all functions now; the end of aside/daemon.vim says why
