vim9script
# The conversation about a buffer as people read it: one buffer `aside://…` a thread, fed by the daemon. The text and its
# sections are always the daemon's: `conversation/transcript` gives them, deltas lengthen the last line, and whenever a delta
# doesn't continue what stands there last (a new reply, or text after thinking), the transcript is fetched again. An answer
# holds just the deltas that came before it, so those that arrive while it is under way are dropped.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'

const flush_ms = 40

# By number of the buffer that the conversation is about. Fields: source, buffer; conversation (its id; empty: not attached to
# the daemon), turn and kind of what stands last, answering (the turn whose text has begun); fetching; deltas not shown yet; state, note and about, for the status line.
var views: dict<dict<any>> = {}

# ---- which

# The buffer that the user means: the one that a transcript is about, or the buffer itself.
export def Source(buffer: number): number
  return getbufvar(buffer, 'aside_source', buffer)
enddef

export def Of(source: number): dict<any>
  if !views->has_key(source)
    views[source] = {source: source, buffer: NewBuffer(source), conversation: '', turn: '', kind: '', answering: '',
      fetching: false, deltas: [], state: '', retry_at: 0.0, note: '', about: ''}
  endif
  return views[source]
enddef

export def Sources(): list<number>
  return views->keys()->mapnew((_, key) => str2nr(key))
enddef

def NewBuffer(source: number): number
  const name = bufname(source) == '' ? $'[No Name] {source}' : fnamemodify(bufname(source), ':p')
  const buffer = bufadd('aside://' .. name)
  for [option, value] in items({buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1})
    setbufvar(buffer, '&' .. option, value)
  endfor
  setbufvar(buffer, 'aside_source', source)
  setbufvar(buffer, 'aside_folds', [])
  setbufvar(buffer, 'aside_turns', [])
  silent bufload(buffer)
  setbufvar(buffer, '&filetype', 'aside')
  setbufvar(buffer, '&modifiable', false)
  return buffer
enddef

# ---- where

# Shows it and leaves the cursor where it is: in the window of this tab page that shows a transcript, else in a new one.
export def Show(view: dict<any>, mods: string)
  const windows = gettabinfo(tabpagenr())[0].windows->filter((_, w) => getwinvar(w, '&filetype') == 'aside')
  if windows == []
    const here = win_getid()
    const place = mods == '' ? 'vertical rightbelow' : mods =~ 'horizontal' ? mods : $'vertical {mods}'
    execute place 'sbuffer' view.buffer
    win_gotoid(here)
  elseif winbufnr(windows[0]) != view.buffer
    win_execute(windows[0], $'buffer {view.buffer}')
  else
    return
  endif
  ToEnd(view)
enddef

# From there on its windows follow the text.
export def ToEnd(view: dict<any>)
  for window in win_findbuf(view.buffer)
    win_execute(window, 'call cursor(line("$"), col("."))')
  endfor
enddef

# To the question or reply after or before the cursor's; where there is none, to the end or the beginning.
export def Jump(step: number)
  const starts: list<number> = b:aside_turns
  const here = line('.')
  for _ in range(v:count1)
    const found = step > 0
      ? starts->copy()->filter((_, l) => l > line('.'))->get(0, line('$'))
      : starts->copy()->filter((_, l) => l < line('.'))->get(-1, 1)
    cursor(found, 1)
  endfor
  if line('.') != here
    const there = line('.')
    cursor(here, 1)
    execute $'normal! {there}G'
  endif
enddef

# ---- what stands there

# Gets the thread from the daemon, follows it from then on, and calls `Then` with the conversation's id.
export def Attach(view: dict<any>, Then: func(string): void = null_function)
  daemon.Request('conversation/get', {textDocument: {uri: document.Use(view.source)}}, (answer) => {
    if answer->has_key('error')
      Failed(view, answer.error)
      return
    endif
    view.conversation = answer.result.conversation
    view.about = About(answer.result)
    if view.state == '' && answer.result.turns->get(-1, {})->get('status', '') == 'streaming'
      view.state = 'writing'
    endif
    Fetch(view)
    if Then != null_function
      Then(view.conversation)
    endif
  })
enddef

# The same where the id is known already.
export def WithConversation(view: dict<any>, Then: func(string): void)
  if view.conversation == ''
    Attach(view, Then)
  else
    Then(view.conversation)
  endif
enddef

def Fetch(view: dict<any>)
  view.fetching = true
  view.deltas = []
  daemon.Request('conversation/transcript', {conversation: view.conversation}, (answer) => {
    view.fetching = false
    view.deltas = []
    if answer->has_key('error')
      Failed(view, answer.error)
    else
      Put(view, answer.result)
    endif
  })
enddef

# Makes the buffer equal to the transcript, by replacing no more than the lines at the end that differ.
def Put(view: dict<any>, transcript: dict<any>)
  const lines = split(transcript.text, "\n", true)
  const sections: list<dict<any>> = transcript.sections
  const headings = sections->copy()->filter((i, s) => i == 0 || sections[i - 1].turn != s.turn)
  const last = get(sections, -1, {turn: '', kind: ''})
  view.turn = last.turn
  view.kind = last == get(headings, -1, last) ? '' : {thinking: 'thinking', reply: 'text'}->get(last.kind, '')
  setbufvar(view.buffer, 'aside_turns', headings->mapnew((_, s) => s.startLine + 1))
  setbufvar(view.buffer, 'aside_folds', Folds(sections, len(lines)))
  const old = getbufline(view.buffer, 1, '$')
  var same = 0
  while same < len(lines) && same < len(old) && lines[same] ==# old[same]
    same += 1
  endwhile
  Edit(view, () => {
    setbufline(view.buffer, same + 1, lines[same :])
    deletebufline(view.buffer, len(lines) + 1, '$')
  })
  for window in win_findbuf(view.buffer)
    win_execute(window, 'setlocal foldmethod=expr')  # has Vim look at all lines again
  endfor
enddef

# Fold levels for 'foldexpr'. What is written last stays open: it may be growing.
def Folds(sections: list<dict<any>>, count: number): list<string>
  var levels = repeat(['0'], count)
  for section in sections[: -2]
    if section.kind == 'thinking' || section.kind == 'attachment'
      for line in range(section.startLine, section.endLine - 1)
        levels[line] = '1'
      endfor
      levels[section.startLine] = '>1'
    endif
  endfor
  return levels
enddef

# What a closed fold hides. It begins where a section does, so these marks are the daemon's and no reply can fake them.
export def Foldtext(): string
  const first = getline(v:foldstart)
  return '+-- ' .. (first =~ '^>' ? $'thinking ({v:foldend - v:foldstart + 1} lines)' : first) .. ' '
enddef

def Flush(view: dict<any>)
  const text = view.deltas->join('')
  view.deltas = []
  if text == ''
    return
  endif
  const lines = (view.kind == 'thinking' ? text->substitute("\n", "\n> ", 'g') : text)->split("\n", true)
  Edit(view, () => {
    const last = getbufline(view.buffer, '$')[0]
    setbufline(view.buffer, getbufinfo(view.buffer)[0].linecount, [last .. lines[0]] + lines[1 :])
  })
enddef

# Windows whose cursor is on the last line follow the text; others stay where they are.
def Edit(view: dict<any>, Change: func(): void)
  const following = win_findbuf(view.buffer)->filter((_, w) => line('.', w) == line('$', w))
  setbufvar(view.buffer, '&modifiable', true)
  Change()
  setbufvar(view.buffer, '&modifiable', false)
  for window in following
    win_execute(window, 'call cursor(line("$"), col("."))')
  endfor
enddef

# ---- what the daemon says

export def Notified(method: string, params: dict<any>)
  for view in values(views)
    if view.conversation != '' && view.conversation == get(params, 'conversation', '')
      if method == 'conversation/delta'
        Delta(view, params)
      elseif method == 'conversation/status'
        Status(view, params)
      elseif method == 'conversation/changed'
        Attach(view)
      endif
    endif
  endfor
enddef

def Delta(view: dict<any>, params: dict<any>)
  if params.kind == 'text' && view.answering != params.turn
    view.answering = params.turn
    Announce('AsideFirstText')
  endif
  if view.fetching || (view.turn == params.turn && view.kind == 'text' && params.kind == 'thinking')
    return  # the answer will hold it; or it belongs above the text, where the next transcript puts it
  elseif view.turn != params.turn || view.kind != params.kind
    Fetch(view)
    return
  endif
  if view.deltas == []
    timer_start(flush_ms, (_) => Flush(view))
  endif
  add(view.deltas, params.text)
enddef

def Status(view: dict<any>, params: dict<any>)
  const began = view.state == '' || view.state == 'asking'
  view.note = ''
  view.state = params.state
  if params.state == 'retrying'
    view.note = $'({params.retry.attempt} of {params.retry.of}): {params.retry.reason}'
    view.retry_at = Now() + params.retry.delaySeconds
    Tick(view)
  elseif params.state == 'ended'
    view.state = ''
    Attach(view)
  elseif began
    Fetch(view)
  endif
  redrawstatus!
  if began
    Announce('AsideStart')
  elseif params.state == 'ended'
    Announce('AsideEnd')
  endif
enddef

export def Asked(view: dict<any>)
  if view.state == ''  # else a reply is being written, and the daemon will say so
    view.state = 'asking'
  endif
  view.note = ''
  ToEnd(view)
  redrawstatus!
enddef

# True if the question was taken: it is in the thread then, whatever became of its reply.
export def Answered(view: dict<any>, answer: dict<any>): bool
  const error = get(answer, 'error', {})
  const taken = error == {} || (view.state != 'asking' && Kind(error) != 'busy')
  if error != {}
    Failed(view, error)
  endif
  return taken
enddef

def Failed(view: dict<any>, error: dict<any>)
  if Kind(error) != 'busy'
    view.state = ''
  endif
  if Kind(error) != 'died'  # of that the user has been told
    view.note = error.message
    daemon.Complain($'{error.message}. {error->get("data", {})->get("hint", "")}')
  endif
  redrawstatus!
enddef

def Kind(error: dict<any>): string
  return error->get('data', {})->get('kind', '')
enddef

export def Died()
  for view in values(views)
    Flush(view)
    view->extend({conversation: '', fetching: false, state: '', turn: '', kind: '', note: 'the daemon is gone'})
  endfor
  redrawstatus!
enddef

def Announce(event: string)
  if exists('#User#' .. event)
    execute 'doautocmd <nomodeline> User' event
  endif
enddef

# ---- the status line

# For any window, also of the source: empty for a buffer that Aside was not used in.
export def Statusline(buffer: number): string
  const view = get(views, Source(buffer), {})
  return view == {} ? '' : view.note != '' ? $'{State(view)} {view.note}'->trim() :
    [State(view), view.about]->filter((_, part) => part != '')->join(' · ')
enddef

export def Title(): string
  return document.Name(Source(bufnr())) .. '  '
enddef

def State(view: dict<any>): string
  if view.state == 'retrying'
    return printf('retrying in %d s', max([0, float2nr(ceil(view.retry_at - Now()))]))
  endif
  return view.state == '' ? '' : view.state .. '...'
enddef

def About(thread: dict<any>): string
  const usage = thread.totals->get('usage', thread.totals)
  const tokens = get(usage, 'input', 0) + get(usage, 'cacheRead', 0) + get(usage, 'cacheWrite', 0) + get(usage, 'output', 0)
  const count = tokens < 1000 ? $'{tokens}' : printf('%.1fk', tokens / 1000.0)
  const cost = thread.totals->has_key('cost') ? printf(' · $%.3f', thread.totals.cost) : ''
  return thread.model->substitute('^claude-', '', '') .. (tokens == 0 ? '' : $' · {count} tokens{cost}')
enddef

def Tick(view: dict<any>)
  if view.state == 'retrying'
    redrawstatus!
    timer_start(1000, (_) => Tick(view))
  endif
enddef

def Now(): float
  return reltimefloat(reltime())
enddef
