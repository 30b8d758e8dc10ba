vim9script
scriptencoding utf-8
# Shows a sign beside lines that were asked about. Goes from such lines to the question about them, and from a question
# to its lines. The daemon finds the lines in the present text. Until the daemon is asked again, Vim keeps the signs at
# their lines.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/keys.vim'
import autoload 'aside/page.vim'
import autoload 'aside/subject.vim'

const group = 'aside'
const priority = 1  # lower than the priority of other plugins' signs, so that theirs are shown

highlight default link asideMark Comment
sign_define('aside_mark', {text: '?', texthl: 'asideMark'})

# By buffer: the state of its text and of its conversation for which its signs were requested last.
var shown: dict<list<any>> = {}

# Places the signs in a conversation's file, if signs are wanted there and something has changed since the last call.
export def Show(here: dict<any>)
  const buffer: number = here.source
  if !bufloaded(buffer) || !daemon.Alive() || here.id == '' || document.Uri(buffer) != here.uri
    return
  elseif !Wanted(buffer)
    sign_unplace(group, {buffer: buffer})
    shown[buffer] = []
    return
  endif
  const state = [getbufvar(buffer, 'changedtick'), here.id, here.head, len(here.sections)]
  if shown->get(buffer, []) == state || here.state != '' || !daemon.HasFlag('marks') || document.HasOtherLines(buffer)
    return
  endif
  shown[buffer] = state
  conversation.Synchronise(here)
  daemon.Request('conversation/marks', conversation.Document(here), (answer) => {
    const result = answer->get('result', {})
    if result->get('version', -1) == getbufvar(buffer, 'changedtick', -2)
      Place(buffer, result.marks)
    endif
  })
enddef

def Place(buffer: number, marks: list<dict<any>>)
  sign_unplace(group, {buffer: buffer})
  sign_placelist(marks->mapnew((_, mark) => ({buffer: buffer, group: group, name: 'aside_mark', priority: priority,
    lnum: mark.range.start.line + 1})))
enddef

# Whether signs are wanted in this buffer. The setting decides. Without the setting, signs are wanted if a window of the
# buffer has a column for signs already.
def Wanted(buffer: number): bool
  const Others = () => sign_getplaced(buffer, {group: '*'})[0].signs->filter((_, sign) => sign.group != group) != []
  const setting = get(g:, 'aside_marks', -1)
  return setting >= 0 ? !!setting : win_findbuf(buffer)->filter((_, w) => {
    const column: string = getwinvar(w, '&signcolumn')
    return column =~ '^yes' || column == 'auto' && Others() || column == 'number' && (getwinvar(w, '&number') || Others())
  }) != []
enddef

# :AsideHere. In a file, goes to the last question about the line under the cursor; if called again, to the question
# before it. On the page, goes to the lines of the question under the cursor; if called again, to its next lines.
export def Go(mods: string)
  if !daemon.Start() || !daemon.Can('marks')
    return
  endif
  const on_page = subject.InAsideBuffer()
  const cursor = line('.')
  const here = on_page ? page.Make(conversation.Of(bufnr())) : subject.Show(mods)
  conversation.With(here)
  daemon.Await(() => here.id != '' && !here.fetching)
  if bufexists(here.source) && document.HasOtherLines(here.source)
    daemon.Complain($'{document.Name(here.source)} has carriage returns inside of its lines')
    return
  endif
  const marks: list<dict<any>> = conversation.Answer('conversation/marks', conversation.Document(here))->get('marks', [])
  if !on_page
    ToQuestion(here, cursor, marks)
  else  # in the prompt, the command is about the last question on the page
    ToLines(here, bufnr() == here.page ? cursor : getbufinfo(here.page)[0].linecount, marks)
  endif
enddef

def ToQuestion(here: dict<any>, lnum: number, marks: list<dict<any>>)
  const order: list<string> = here.sections->mapnew((_, section) => section.turn)
  const turns: list<string> = marks->copy()->filter((_, mark) => mark.range.start.line < lnum && lnum <= Last(mark))
    ->mapnew((_, mark): string => mark.turn)->sort((a, b) => order->index(b) - order->index(a))->uniq()
  if turns == []
    daemon.Complain('nothing was asked about this line')
    return
  endif
  page.Show(here, '')  # a review has no window for it
  const window = bufwinid(here.page)
  const place = (turns->index(page.At(here, line('.', window)).turn) + 1) % len(turns)
  if page.GoTo(here, turns[place])
    win_gotoid(window)
    Number('question', place, turns)
  endif
enddef

def ToLines(here: dict<any>, lnum: number, marks: list<dict<any>>)
  const question = here.sections->copy()->filter((_, s) => s.startLine < lnum && s.kind == 'question')->get(-1, {turn: ''})
  const own = marks->copy()->filter((_, mark) => mark.turn == question.turn)
  const buffer = bufexists(here.source) ? here.source : document.Buffer(here.uri)
  if own == []
    daemon.Complain('no lines of this question are in the file now')
  elseif buffer > 0
    const window = bufwinid(buffer)
    const at = window < 0 ? 0 : line('.', window)
    const present = own->copy()->map((_, mark) => mark.range.start.line + 1)->index(at)
    const place = (present + 1) % len(own)
    if keys.Enter(buffer)
      cursor(own[place].range.start.line + 1, 1)
      normal! zvzz
      Number('place', place, own)
    endif
  endif
enddef

# Returns the number of the last line of a mark. A range usually ends at the beginning of the line after it. If the file
# doesn't end with a line break, a range at its end ends within the last line.
def Last(mark: dict<any>): number
  return mark.range.end.line + (mark.range.end.character > 0 ? 1 : 0)
enddef

def Number(what: string, place: number, all: list<any>)
  if len(all) > 1
    daemon.Inform($'{what} {place + 1} of {len(all)}')
  endif
enddef

augroup aside_marks
  autocmd!
  autocmd CursorHold,BufWinEnter * if get(b:, 'aside', {})->get('source', 0) == bufnr() | Show(b:aside) | endif
augroup END

defcompile  # the reason is in daemon.vim
