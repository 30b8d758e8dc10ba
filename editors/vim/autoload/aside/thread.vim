vim9script
scriptencoding utf-8
# The conversations in sight: what each is doing, and its page kept in step with the daemon.
# `conversation/transcript` gives the page; deltas lengthen its last line; a delta that doesn't continue what
# stands there last (a new reply, or text after thinking) has the transcript fetched again. The answer to that
# holds just the deltas that came before it.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'

# Text goes to the page this often; into a long line less often, since Vim takes the longer the longer it is.
const flush_ms = 40
const flush_bytes_per_ms = 500

# By the number of the page:
#   page              its buffer
#   uri, id           what the daemon knows it as; id is empty until it has said so, and when it has died
#   path, redo        the replies on the page, and the one to go forward to
#   turn, kind        the part that ends the page and can grow; kind is empty where nothing can be appended
#   answering         the turn whose text has begun
#   ending            a reply has ended, and its last transcript is awaited
#   fetching, deltas  a transcript is under way; text that is not on the page yet
#   length            of the line that it goes to
#   state, note, about, retry_at  for the status line
var threads: dict<dict<any>> = {}

# The thread of the current buffer; in a page or a prompt, of the buffer that it is about.
export def Here(): dict<any>
  const about = page.About(bufnr())
  return Of(bufexists(about.source) || !bufexists(about.page) ? page.Of(about.source) : about.page)
enddef

def Of(shown: number): dict<any>
  if !threads->has_key(shown)
    threads[shown] = {page: shown, uri: '', id: '', path: [], redo: '', turn: '', kind: '', answering: '',
      ending: false, fetching: false, deltas: [], length: 0, state: '', note: '', about: '', retry_at: 0.0}
  endif
  return threads[shown]
enddef

# Calls `Then` with the conversation's id, once the daemon has told it. From then on the thread is followed.
export def With(thread: dict<any>, Then: func = (_) => Nothing())
  const uri = document.Use(page.About(thread.page).source)
  if thread.id != '' && thread.uri == uri
    Then(thread.id)
  else
    thread.uri = uri
    Refresh(thread, Then)
  endif
enddef

# Requests a reply. `Taken` learns whether the daemon took the question: then it is in the thread, whatever
# came of it.
export def Ask(thread: dict<any>, method: string, params: dict<any>, Taken: func)
  if thread.state == ''  # else a reply is being written, and the daemon will say so
    thread.state = 'asking'
  endif
  thread.note = ''
  page.ToEnd(win_findbuf(thread.page))
  redrawstatus!
  daemon.Request(method, params, (answer) => {
    Taken(!answer->has_key('error') || (thread.state != 'asking' && Kind(answer.error) != 'busy'))
    if answer->has_key('error')
      Failed(thread, answer.error)
    else
      thread.state = ''
      redrawstatus!
    endif
  })
enddef

# Any other request about a thread; the page shows what it changed.
export def Change(thread: dict<any>, method: string, params: dict<any>)
  Request(thread, method, params, (_) => Refresh(thread))
enddef

export def Stop(thread: dict<any>)
  With(thread, (id) => Request(thread, 'conversation/stop', {conversation: id}, (_) => Nothing()))
enddef

# Calls `Then` with the newest conversations of this file.
export def List(thread: dict<any>, Then: func)
  With(thread, (_) => Request(thread, 'conversation/list', {textDocument: {uri: thread.uri}},
    (result) => Then(result.conversations)))
enddef

# Calls `Then` with a turn of the page.
export def Turn(thread: dict<any>, turn: string, Then: func)
  With(thread, (id) => Request(thread, 'conversation/get', {conversation: id}, (result) => {
    for found in result.turns->filter((_, t) => t.turn == turn)
      Then(found)
    endfor
  }))
enddef

# For 'statusline', in any window; empty for a buffer that Aside was not used in.
export def Statusline(): string
  const thread = get(threads, page.About(bufnr()).page, {})
  if thread == {}
    return ''
  endif
  const state = thread.state == '' ? '' : thread.state != 'retrying' ? $'{thread.state}...'
    : printf('retrying in %d s', max([0, float2nr(ceil(thread.retry_at - Now()))]))
  return thread.note != '' ? trim($'{state} {thread.note}') :
    [state, thread.about]->filter((_, part) => part != '')->join(' · ')
enddef

# Whether a reply is being written here or elsewhere in this Vim.
def Running(): list<dict<any>>
  return values(threads)->filter((_, thread) => thread.state != '')
enddef

def Request(thread: dict<any>, method: string, params: dict<any>, Then: func)
  daemon.Request(method, params, (answer) => {
    if answer->has_key('error')
      Failed(thread, answer.error)
    else
      Then(answer.result)
    endif
  })
enddef

def Nothing()
enddef

def Refresh(thread: dict<any>, Then: func = (_) => Nothing())
  thread.fetching = true
  Request(thread, 'conversation/transcript', {textDocument: {uri: thread.uri}}, (result) => {
    const turns: list<string> = result.sections->mapnew((_, section) => section.turn)
    const last = get(result.sections, -1, {kind: ''})
    const kind = get(turns, -2, '') != get(turns, -1, '') ? '' : {thinking: 'thinking', reply: 'text'}->get(last.kind, '')
    thread->extend({fetching: false, deltas: [], length: 0, turn: get(turns, -1, ''), kind: kind, id: result.conversation,
      path: turns->copy()->uniq()->filter((i, _) => i % 2 == 1), redo: result->get('redo', ''), about: About(result)})
    if bufloaded(thread.page)
      page.Put(thread.page, result)
    endif
    redrawstatus!
    if thread.ending
      thread.ending = false
      Announce('AsideEnd')
    endif
    Then(thread.id)
  })
enddef

def Notified(method: string, params: dict<any>)
  if method == 'window/showMessage'
    daemon.Tell(params.message->substitute('^Aside: ', '', ''))
    return
  endif
  for thread in values(threads)
    if thread.id == '' || !bufloaded(thread.page)
      continue
    elseif method == 'conversation/changed' && (params.conversation == thread.id || params.uri == thread.uri)
      Refresh(thread)
    elseif method == 'conversation/delta' && params.conversation == thread.id
      Delta(thread, params)
    elseif method == 'conversation/status' && params.conversation == thread.id
      Status(thread, params)
    endif
  endfor
enddef

def Delta(thread: dict<any>, params: dict<any>)
  if thread.state == ''  # another editor's, and it was being written when this page was opened
    thread.state = 'writing'
  endif
  if params.kind == 'text' && thread.answering != params.turn
    thread.answering = params.turn
    Announce('AsideFirstText')
  endif
  if thread.turn != params.turn || thread.kind != params.kind
    # Thinking that comes after text belongs above it; the transcript puts it there when the reply has ended.
    if !thread.fetching && (thread.turn != params.turn || thread.kind != 'text')
      Refresh(thread)
    endif
    return
  endif
  if thread.deltas == []
    timer_start(flush_ms + thread.length / flush_bytes_per_ms, (_) => Flush(thread))
  endif
  add(thread.deltas, params.kind == 'thinking' ? params.text->substitute("\n", "\n> ", 'g') : params.text)
enddef

def Flush(thread: dict<any>)
  if thread.deltas != [] && bufloaded(thread.page)
    thread.length = page.Append(thread.page, join(thread.deltas, ''))
  endif
  thread.deltas = []
enddef

def Status(thread: dict<any>, params: dict<any>)
  const began = thread.state == '' || thread.state == 'asking'
  thread->extend({state: params.state, note: ''})
  if params.state == 'ended'
    thread->extend({state: '', ending: true})
    Refresh(thread)
  elseif began
    Refresh(thread)
    Announce('AsideStart')
  endif
  if params.state == 'retrying'
    const retry = params.retry
    thread.note = $'({retry.attempt} of {retry.of}): {retry.reason}'
    thread.retry_at = Now() + retry.delaySeconds
    CountDown(thread)
  endif
  redrawstatus!
enddef

def CountDown(thread: dict<any>)
  if thread.state == 'retrying'
    redrawstatus!
    timer_start(1000, (_) => CountDown(thread))
  endif
enddef

# The way out first: a line may have no room for more.
def Failed(thread: dict<any>, error: dict<any>)
  thread.fetching = false
  if Kind(error) != 'busy'
    thread.state = ''
  endif
  if Kind(error) != 'died'  # of that the user has been told
    const hint = error->get('data', {})->get('hint', '')
    thread.note = hint == '' ? error.message : $'{hint} ({error.message})'
    daemon.Complain(thread.note)
  endif
  redrawstatus!
enddef

def Kind(error: dict<any>): string
  return error->get('data', {})->get('kind', '')
enddef

def Died()
  document.Forget()
  for thread in values(threads)
    const running = thread.state != '' || thread.ending
    Flush(thread)
    thread->extend({id: '', turn: '', kind: '', fetching: false, ending: false, state: ''})
    thread.note = 'the daemon is gone'
    if running
      Announce('AsideEnd')
    endif
  endfor
  redrawstatus!
enddef

def Saved(source: number)
  const thread = get(threads, page.About(source).page, {})
  if thread != {} && daemon.Alive() && getbufvar(source, '&buftype') == ''
    document.Saved(source)
    With(thread)
  endif
enddef

# :edit of a page, also of one that a session or a user brings up by its name.
export def Read(buffer: number)
  if getbufvar(buffer, '&filetype') == 'aside'
    if get(threads, buffer, {id: ''}).id != ''
      Refresh(threads[buffer])
    endif
  elseif !getbufvar(buffer, '')->has_key('aside') && daemon.Start()
    page.Make(buffer, bufadd(document.Path(buffer)->substitute('^aside://', '', '')))
    With(Of(buffer))
  endif
enddef

def CloseDeleted()
  for thread in values(threads)
    const source = page.About(thread.page).source
    if !bufloaded(thread.page)
      thread.id = ''
    endif
    if !buflisted(source) && !bufloaded(source) && win_findbuf(thread.page) == []
      document.Close(source)
      remove(threads, thread.page)
    endif
  endfor
enddef

# Printed where the screen was, when Vim has given it back.
def Farewell()
  const names = Running()->mapnew((_, thread) => document.Name(page.About(thread.page).source))
  if names != []
    &t_te ..= strtrans($'Aside: the reply about {names->join(", ")} was broken off; what came of it is kept, :AsideContinue goes on.')
      .. "\r\n"
  endif
enddef

def Announce(event: string)
  if exists($'#User#{event}')
    execute 'doautocmd <nomodeline> User' event
  endif
enddef

def About(result: dict<any>): string
  const usage: dict<any> = result.totals.usage
  const tokens = usage.input + usage.cacheRead + usage.cacheWrite + usage.output
  const count = tokens < 1000 ? $'{tokens}' : printf('%.1fk', tokens / 1000.0)
  const cost = result.totals->has_key('cost') ? printf(' · $%.3f', result.totals.cost) : ''
  const effort = type(result.effort) == v:t_string ? $' {result.effort}' : ''
  return result.model->substitute('^claude-', '', '') .. effort .. (tokens == 0 ? '' : $' · {count} tokens{cost}')
enddef

def Now(): float
  return reltimefloat(reltime())
enddef

daemon.Listen(Notified, Died)

augroup aside
  autocmd!
  autocmd BufWritePost * Saved(str2nr(expand('<abuf>')))
  # Vim says this also of an unnamed buffer that a :write is about to name, so look when that is over.
  autocmd BufDelete,BufWipeout * timer_start(0, (_) => CloseDeleted())
  autocmd VimLeavePre * Farewell()
augroup END

defcompile  # the reason is in daemon.vim
