vim9script
scriptencoding utf-8
# Side questions. They leave the conversation as it is, and can be asked while another reply is being written. A
# window below the page shows them while they are answered. When their replies have ended, the page shows them, folded,
# below the reply after which they were asked.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'
import autoload 'aside/scratch.vim'

const height = 8

# Requests a reply to a side question, and shows the reply in the window of such questions. `Refused` is as in
# conversation.Ask().
export def Ask(here: dict<any>, method: string, params: dict<any>, question: string, Refused: func(dict<any>): bool)
  final side: dict<any> = {question: question, turn: '', text: '', state: 'asking', after_main: here.state == 'asking', line: 0}
  side.Handle = (event) => Handle(here, side, event)
  if bufwinid(here.btw) < 0
    filter(here.sides, (_, s) => s.state != '')  # the page shows those that have ended
  endif
  add(here.sides, side)
  Open(here)
  Show(here)
  daemon.Request(method, params, (answer) => {
    if answer->has_key('error')
      const begun = side.turn != ''
      Ended(here, side, side.text ?? $'*{answer.error.message}*')
      if !begun
        filter(here.sides, (_, s) => s isnot side)
        Show(here)
      endif
      if begun || !Refused(answer.error)
        conversation.Complain(answer.error)
      endif
    else
      side.turn = answer.result.turn
      Ended(here, side, answer.result.text)
    endif
  }, () => side.turn == '')
enddef

# Handles an event of a side reply.
def Handle(here: dict<any>, side: dict<any>, event: dict<any>)
  if event->has_key('text') && event.kind == 'text'
    side.text ..= event.text
  elseif event->has_key('state')
    side.state = event.state == 'ended' ? 'ending' : event.state
  endif
  Show(here)
enddef

def Ended(here: dict<any>, side: dict<any>, text: string)
  side->extend({text: text, state: ''})
  Show(here)
  if !bufloaded(here.btw)
    daemon.Inform('your side question is answered; the conversation shows the answer')
  endif
  if here.id != ''  # without an id, the daemon is gone
    conversation.Refresh(here)
  endif
enddef

# Opens the window, and leaves the cursor in the current window.
def Open(here: dict<any>)
  if bufwinid(here.btw) > 0
    return
  endif
  const before = win_getid()
  if bufwinid(here.page) > 0
    win_gotoid(bufwinid(here.page))
  endif
  here.btw = scratch.Open('belowright', $'Side question about {document.Name(here.source)}  gs continues from it  CTRL-C stops it ', [])
  b:aside = here
  setlocal syntax=aside wrap linebreak breakindent nonumber norelativenumber signcolumn=no winfixheight synmaxcol=1000
  execute 'resize' min([height, &lines / 3])
  nnoremap <buffer> gs <Cmd>call aside#btw#Select()<CR>
  nnoremap <buffer> <C-c> <Cmd>call aside#btw#Stop()<CR>
  win_gotoid(before)
enddef

# Draws the questions and the text of their replies so far.
def Show(here: dict<any>)
  if !bufloaded(here.btw)
    return
  endif
  final lines: list<string> = []
  for side in here.sides
    side.line = len(lines) + 1
    lines->extend(side.question->split("\n")->map((_, line) => $'> {line}')) 
    lines->extend(side.text == '' && side.state != '' ? ['', $'{side.state}...', ''] : [''] + side.text->trim("\n", 2)->split("\n", true) + [''])
  endfor
  const last = getbufinfo(here.btw)[0].linecount
  const following = win_findbuf(here.btw)->filter((_, w) => getcurpos(w)[1] == last)
  if len(lines) < last
    silent deletebufline(here.btw, len(lines) + 1, '$')
  endif
  for [i, line] in items(lines)
    if get(getbufline(here.btw, i + 1), 0, "\n") !=# line
      setbufline(here.btw, i + 1, line)
    endif
  endfor
  setbufvar(here.btw, '&modified', false)
  for window in following
    win_execute(window, 'normal! Gzb')
  endfor
enddef

# Returns the side question under the cursor in the window of side questions; in other windows, {}.
def Current(): dict<any>
  const sides: list<dict<any>> = conversation.Of(bufnr()).sides
  return bufnr() != conversation.Of(bufnr()).btw ? {} : sides->copy()->filter((_, s) => s.line <= line('.'))->get(-1, {})
enddef

# Returns the turn of the side question or side reply under the cursor in the page, or of the side reply under the
# cursor in the window of side questions. Returns '' if there is none.
export def Turn(): string
  const here = conversation.Of(bufnr())
  const section = bufnr() == here.page ? page.At(here, line('.')) : {}
  return bufnr() == here.btw ? Current()->get('turn', '') : section->get('side', false) ? section.turn : ''
enddef

# Returns the turn of the side reply under the cursor, or of the reply to the side question under the cursor. Returns ''
# if there is none.
export def Reply(): string
  const here = conversation.Of(bufnr())
  return bufnr() == here.btw ? (Current()->get('state', '') == '' ? Turn() : '')
    : Turn() == '' ? '' : page.Reply(here, line('.')).turn
enddef

# Puts the side question under the cursor on the path: the next question follows it.
export def Select()
  final here = conversation.Of(bufnr())
  const turn = Turn()
  const side = Current()
  if side->get('state', '') != ''
    daemon.Complain('wait for the reply to this question, or stop the reply with CTRL-C')
  elseif turn == ''
    daemon.Complain('there is no side question under the cursor')
  elseif daemon.Start()
    conversation.With(here, (_) => conversation.Change(here, 'conversation/select', {conversation: here.id, turn: turn}, (_) => {
      filter(here.sides, (_, s) => s.turn != turn)
      if here.sides == [] && bufloaded(here.btw)
        execute 'bwipeout!' here.btw
      endif
      Show(here)
      daemon.Inform('the next question follows this one')
    }))
  endif
enddef

# Stops the side reply under the cursor.
export def Stop()
  const here = conversation.Of(bufnr())
  const side = Current()
  if side->get('state', '') != '' && side.turn != ''
    conversation.Request('conversation/stop', {conversation: here.id, turn: side.turn}, (_) => conversation.Nothing())
  endif
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
