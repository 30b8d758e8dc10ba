vim9script
scriptencoding utf-8
# The conversations in sight: which buffers have one, what each is doing, and its page kept in step with the
# daemon. `conversation/transcript` gives the page; deltas lengthen its last line; a delta that doesn't
# continue what stands there last (a new reply, or text after thinking) has the transcript fetched again. The
# answer to that holds just the deltas that came before it, so those that come while it is under way are
# dropped.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'

const flush_ms = 40

# By the number of the source buffer:
#   source, page      buffers
#   uri, id           what the daemon knows it as; id is empty until it has said so, and when it has died
#   turn, kind        the part that ends the page and can grow; kind is empty where nothing can be appended
#   answering         the turn whose text has begun
#   ending            a reply has ended, and its last transcript is awaited
#   fetching, deltas  a transcript is under way; text that is not on the page yet
#   state, note, about, retry_at  for the status line
var threads: dict<dict<any>> = {}

# The thread of the current buffer; in a page, of the buffer that it is about.
export def Here(): dict<any>
  const source = page.Source(bufnr())
  if !threads->has_key(source)
    threads[source] = {source: source, page: -1, uri: '', id: '', turn: '', kind: '', answering: '',
      ending: false, fetching: false, deltas: [], state: '', note: '', about: '', retry_at: 0.0}
  endif
  final thread = threads[source]
  if !bufloaded(thread.page)
    thread.page = page.Of(source)
    thread.id = ''
  endif
  return thread
enddef

# Calls `Then` with the conversation's id, once the daemon has told it.
export def Attached(thread: dict<any>, Then: func(string): void)
  if thread.id != '' && thread.uri == document.Use(thread.source)
    Then(thread.id)
  else
    Attach(thread, Then)
  endif
enddef

# Gets the thread from the daemon and follows it from then on.
export def Attach(thread: dict<any>, Then: func(string): void = Nothing)
  const uri = document.Use(thread.source)
  Request(thread, 'conversation/get', {textDocument: {uri: uri}}, (result) => {
    const last = result.turns->get(-1, {status: ''})
    thread->extend({uri: uri, id: result.conversation, about: About(result)})
    if thread.state == '' && last.status == 'streaming'
      thread.state = 'writing'
    endif
    Fetch(thread)
    Then(thread.id)
  })
enddef

export def Stop(thread: dict<any>)
  Attached(thread, (id) => {
    Request(thread, 'conversation/stop', {conversation: id}, (_) => {
    })
  })
enddef

export def New(thread: dict<any>)
  Request(thread, 'conversation/new', {textDocument: {uri: document.Use(thread.source)}}, (_) => {
    Attach(thread)
  })
enddef

# Requests a reply. `Taken` learns whether the daemon took the question: then it is in the thread, whatever
# came of it.
export def Ask(thread: dict<any>, method: string, params: dict<any>, Taken: func(bool): void)
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

# For 'statusline', in any window; empty for a buffer that Aside was not used in.
export def Statusline(): string
  const thread = get(threads, page.Source(bufnr()), {})
  if thread == {}
    return ''
  endif
  const state = thread.state == '' ? '' : thread.state != 'retrying' ? $'{thread.state}...'
    : printf('retrying in %d s', max([0, float2nr(ceil(thread.retry_at - Now()))]))
  return thread.note != '' ? trim($'{state} {thread.note}') :
    [state, thread.about]->filter((_, part) => part != '')->join(' · ')
enddef

def Request(thread: dict<any>, method: string, params: dict<any>, Then: func(dict<any>): void)
  daemon.Request(method, params, (answer) => {
    if answer->has_key('error')
      Failed(thread, answer.error)
    else
      Then(answer.result)
    endif
  })
enddef

def Nothing(_: string)
enddef

def Fetch(thread: dict<any>)
  thread.fetching = true
  Request(thread, 'conversation/transcript', {conversation: thread.id}, (result) => {
    const last = get(result.sections, -1, {turn: '', kind: ''})
    const heading = get(result.sections, -2, {turn: ''}).turn != last.turn
    const kind = heading ? '' : {thinking: 'thinking', reply: 'text'}->get(last.kind, '')
    thread->extend({fetching: false, deltas: [], turn: last.turn, kind: kind})
    page.Put(thread.page, result)
    if thread.ending
      thread.ending = false
      Announce('AsideEnd')
    endif
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
      Attach(thread)
    elseif method == 'conversation/delta' && params.conversation == thread.id
      Delta(thread, params)
    elseif method == 'conversation/status' && params.conversation == thread.id
      Status(thread, params)
    endif
  endfor
enddef

def Delta(thread: dict<any>, params: dict<any>)
  if params.kind == 'text' && thread.answering != params.turn
    thread.answering = params.turn
    Announce('AsideFirstText')
  endif
  if thread.fetching
    return
  elseif thread.turn != params.turn || thread.kind != params.kind
    # Thinking that comes after text belongs above it; the transcript puts it there when the reply has ended.
    if thread.turn != params.turn || thread.kind != 'text'
      Fetch(thread)
    endif
    return
  endif
  if thread.deltas == []
    timer_start(flush_ms, (_) => Flush(thread))
  endif
  add(thread.deltas, params.kind == 'thinking' ? params.text->substitute("\n", "\n> ", 'g') : params.text)
enddef

def Flush(thread: dict<any>)
  if thread.deltas != [] && bufloaded(thread.page)
    page.Append(thread.page, join(thread.deltas, ''))
  endif
  thread.deltas = []
enddef

def Status(thread: dict<any>, params: dict<any>)
  const began = thread.state == '' || thread.state == 'asking'
  thread->extend({state: params.state, note: ''})
  if params.state == 'ended'
    thread->extend({state: '', ending: true})
    Attach(thread)
  elseif began
    Fetch(thread)
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

def Failed(thread: dict<any>, error: dict<any>)
  thread.fetching = false
  if Kind(error) != 'busy'
    thread.state = ''
  endif
  if Kind(error) != 'died'  # of that the user has been told
    thread.note = error.message
    daemon.Complain($'{error.message}. {error->get("data", {})->get("hint", "")}')
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
  if threads->has_key(source) && daemon.Alive()
    document.Saved(source)
    Attached(threads[source], Nothing)
  endif
enddef

# :edit in a page
def Reload(buffer: number)
  for thread in values(threads)
    if thread.page == buffer && thread.id != ''
      Attach(thread)
    endif
  endfor
enddef

def CloseDeleted()
  for thread in values(threads)
    if !buflisted(thread.source) && !bufloaded(thread.source) && win_findbuf(thread.page) == []
      document.Close(thread.source)
      remove(threads, thread.source)
    endif
  endfor
enddef

def Announce(event: string)
  if exists($'#User#{event}')
    execute 'doautocmd <nomodeline> User' event
  endif
enddef

def About(thread: dict<any>): string
  const usage: dict<any> = thread.totals.usage
  const tokens = usage.input + usage.cacheRead + usage.cacheWrite + usage.output
  const count = tokens < 1000 ? $'{tokens}' : printf('%.1fk', tokens / 1000.0)
  const cost = thread.totals->has_key('cost') ? printf(' · $%.3f', thread.totals.cost) : ''
  return thread.model->substitute('^claude-', '', '') .. (tokens == 0 ? '' : $' · {count} tokens{cost}')
enddef

def Now(): float
  return reltimefloat(reltime())
enddef

daemon.Listen(Notified, Died)

augroup aside
  autocmd!
  autocmd BufReadCmd aside://* Reload(str2nr(expand('<abuf>')))
  autocmd BufWritePost * Saved(str2nr(expand('<abuf>')))
  # Vim says this also of an unnamed buffer that a :write is about to name, so look when that is over.
  autocmd BufDelete,BufWipeout * timer_start(0, (_) => CloseDeleted())
augroup END

defcompile  # the reason is in daemon.vim
