vim9script
scriptencoding utf-8
# The review of a proposed change: a tab page with the file and the proposal, both in diff mode. The proposal is a
# buffer that can be edited; writing it makes the file's buffer equal to the proposal, as one change. Nothing is written
# to the disk. This script compares and places nothing: the edits come from the daemon, and Vim shows the differences.
#
# If the user and Claude have changed the same lines, the proposal holds both versions, between marker lines. Until the
# user has removed the marker lines, there is no diff mode, so that no command of Vim can put them into the file.

import autoload 'aside/code.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/keys.vim'
import autoload 'aside/page.vim'

const marker = '^\%(<<<<<<< yours\|||||||| shared\|=======\|>>>>>>> proposed\)\r\=$'
const wide = 120  # with at least this many columns, the file and the proposal are shown side by side
const copied_options = ['tabstop', 'shiftwidth', 'softtabstop', 'expandtab', 'autoindent', 'textwidth', 'iskeyword']

const choose = 'choose one of the two versions first, and delete the lines <<<<<<<, |||||||, ======= and >>>>>>>'
const help = [
  ']c [c   next change, previous change',
  'dp      take this change into the file ("do" in the file''s window)',
  ':w      take the whole proposal into the file',
  ':w!     the same, even if the file has changed since',
  'ZZ :wq  take the whole proposal, and leave',
  ':q      leave',
  'u       in the file''s window: undo what was taken']

var reviews = 0  # how many reviews this Vim has opened

# Opens the review of the daemon's edits to a buffer, and puts the cursor on the first change. Returns false if the
# buffer can't be shown.
export def Open(here: dict<any>, source: number, edits: list<dict<any>>): bool
  const base = getbufline(source, 1, '$')
  const origin = get(w:, 'aside_origin', win_getid())
  CloseOthers(source, origin)
  if bufwinid(source) > 0
    win_gotoid(bufwinid(source))
  endif
  page.Split('tab', source)
  if bufnr() != source
    return false
  endif
  const proposal = Make(here, source, base, edits)
  const file = win_getid()
  page.Split(&columns >= wide ? 'vertical rightbelow' : 'rightbelow', proposal)
  for window in [file, win_getid()]
    setwinvar(window, 'aside_review', proposal)
    setwinvar(window, 'aside_origin', origin)
  endfor
  &l:statusline = ' %{aside#review#Title()}%<'
  Compare(proposal)
  const first = edits[0].range.start.line + 1
  for window in [file, win_getid()]
    win_execute(window, $'call cursor({first}, 1) | normal! zvzz')
  endfor
  return true
enddef

def Make(here: dict<any>, source: number, base: list<string>, edits: list<dict<any>>): number
  reviews += 1
  # The name must not end as the file's name does; page.vim says why.
  const proposal = bufadd($'aside-proposal://{document.Path(source)}/proposal {reviews}')
  for [option, value] in items({buftype: 'nofile', bufhidden: 'wipe', swapfile: false, undofile: false, modeline: false,
    undolevels: -1})
    setbufvar(proposal, $'&{option}', value)
  endfor
  noautocmd silent bufload(proposal)
  for [option, value] in items({buftype: 'acwrite', readonly: false, modifiable: true, buflisted: false})
    setbufvar(proposal, $'&{option}', value)
  endfor
  for option in copied_options
    setbufvar(proposal, $'&{option}', getbufvar(source, $'&{option}'))
  endfor
  setbufvar(proposal, 'aside', here)
  setbufline(proposal, 1, Applied(base, edits))
  setbufvar(proposal, '&undolevels', &g:undolevels)
  setbufvar(proposal, '&modified', false)
  setbufvar(proposal, 'aside_proposal', {source: source, base: base, edits: edits, tick: getbufvar(proposal, 'changedtick'),
    own: Markers(base), conflict: false})
  execute $'autocmd aside_review BufWinEnter <buffer={proposal}> aside#review#Look()'
  execute $'autocmd aside_review BufWriteCmd <buffer={proposal}> aside#review#Write()'
  execute $'autocmd aside_review TextChanged,InsertLeave <buffer={proposal}> aside#review#Compare({proposal})'
  return proposal
enddef

# Returns the text after edits of whole lines. The ranges of all edits refer to the text before the first edit.
def Applied(lines: list<string>, edits: list<dict<any>>): list<string>
  final new: list<string> = []
  var next = 0
  for edit in edits
    new->extend(lines->slice(next, edit.range.start.line))
    new->extend(NewLines(edit))
    next = edit.range.end.line
  endfor
  new->extend(lines->slice(next))
  return new ?? ['']
enddef

def NewLines(edit: dict<any>): list<string>
  return edit.newText == '' ? [] : edit.newText->substitute("\n$", '', '')->split("\n", true)
enddef

# Sets the keys and looks of the proposal. 'syntax' is set, for the colours. 'filetype' is not set, since it would start
# the tools of the language on a text that the user hasn't accepted yet.
export def Look()
  const source: number = b:aside_proposal.source
  const language = code.Language(getbufvar(source, '&filetype'))
  if language != '' && exists('g:syntax_on')
    &l:syntax = language
  endif
  keys.KeepInside()
  nnoremap <buffer> dp <Cmd>call aside#review#Put()<CR>
  nnoremap <buffer> ZZ <Cmd>call aside#review#TakeAndLeave()<CR>
  nnoremap <buffer> g? <Cmd>call aside#review#Help()<CR>
enddef

# Turns diff mode off if the proposal has a conflict, otherwise on.
export def Compare(proposal: number)
  final about: dict<any> = getbufvar(proposal, 'aside_proposal')
  about.conflict = Conflicts(proposal)
  const windows = win_findbuf(proposal)[: 0] + Windows(proposal)->filter((_, w) => winbufnr(w) != proposal)
  for window in windows
    if about.conflict
      win_execute(window, 'call aside#review#ShowMarkers() | diffoff')
    elseif !getwinvar(window, '&diff')
      win_execute(window, 'diffthis')
    endif
  endfor
enddef

export def ShowMarkers()
  if !exists('w:aside_markers') && exists('b:aside_proposal')
    w:aside_markers = matchadd('WarningMsg', marker)
  endif
enddef

# Whether the text of a proposal still holds marker lines of a conflict. Lines of the file itself that look like markers
# don't count.
def Conflicts(proposal: number): bool
  const own: dict<number> = getbufvar(proposal, 'aside_proposal').own
  return Markers(getbufline(proposal, 1, '$'))->filter((line, count) => count > own->get(line, 0)) != {}
enddef

# Returns the marker lines of a text, and how often each occurs.
def Markers(lines: list<string>): dict<number>
  final found: dict<number> = {}
  var at = match(lines, marker)
  while at >= 0
    const line = lines[at]->trim("\r", 2)
    found[line] = found->get(line, 0) + 1
    at = match(lines, marker, at + 1)
  endwhile
  return found
enddef

export def Title(): string
  const name = document.Name(b:aside_proposal.source)
  return b:aside.state != '' ? $'Proposal for {name}; another reply is being written'
    : b:aside_proposal.conflict ? $'{name}: you and Claude changed this. Choose, then :w'
    : $'Proposal for {name}  ]c next  dp take  :w all  :q leave'
enddef

# :write in the proposal.
export def Write()
  if !Take(!!v:cmdbang) && !&modified
    # After BufWriteCmd, :wq closes the window if the buffer is not 'modified'. So the proposal is 'modified' for a
    # moment.
    &modified = true
    execute $'autocmd aside_review SafeState * ++once setbufvar({bufnr()}, "&modified", false)'
  endif
enddef

export def TakeAndLeave()
  if Take(false)
    quit
  endif
enddef

# "dp" in the proposal. The change that "dp" makes in the file becomes part of `base`, so that :w doesn't refuse the
# rest of the proposal.
export def Put()
  const source: number = b:aside_proposal.source
  const unchanged = getbufline(source, 1, '$') == b:aside_proposal.base
  if !&diff
    daemon.Complain(choose)
    return
  endif
  try
    normal! dp
  catch /:E\d\+:/
    daemon.Complain(v:exception->substitute('^.\{-}:E\d\+: ', '', ''))
  endtry
  if unchanged && bufloaded(source)
    b:aside_proposal.base = getbufline(source, 1, '$')
  endif
enddef

# Makes the file's buffer equal to the proposal. If this isn't possible, tells the user why and returns false.
def Take(in_spite: bool): bool
  final proposal: dict<any> = b:aside_proposal
  const source: number = proposal.source
  const name = document.Name(source)
  if !bufloaded(source)
    daemon.Complain($'{name} is no longer open: show it, and :AsideApply again')
    return false
  elseif Conflicts(bufnr())
    daemon.Complain(choose)
    return false
  elseif !getbufvar(source, '&modifiable')
    daemon.Complain($'{name} can''t be changed: its buffer is ''nomodifiable''')
    return false
  endif
  const now = getbufline(source, 1, '$')
  const new = getbufline(bufnr(), 1, '$')
  if now != proposal.base && !in_spite
    daemon.Complain($':w! takes this text anyway ({name} has changed since it was proposed)')
    return false
  endif
  for window in win_findbuf(source)[: 0]
    win_execute(window, '&l:undolevels = &l:undolevels')  # setting this option ends the previous undo step
  endfor
  if now == proposal.base && b:changedtick == proposal.tick
    for edit in proposal.edits->copy()->reverse()
      Replace(source, edit.range.start.line, now->slice(edit.range.start.line, edit.range.end.line), NewLines(edit))
    endfor
  else
    Replace(source, 0, now, new)
  endif
  proposal->extend({base: new, tick: -1})
  &modified = false
  diffupdate
  daemon.Inform(now == new ? $'{name} has this text already' : $'the file has the change now; u in {name} undoes it')
  return true
enddef

# Replaces the lines `old` of a buffer with `new`; `above` is the number of lines before them. Equal lines at the
# beginning and the end are not touched, so that their marks and signs stay.
def Replace(buffer: number, above: number, old: list<string>, new: list<string>)
  const both = min([len(old), len(new)])
  var same = 0  # how many lines at the beginning are equal
  while same < both && old[same] ==# new[same]
    same += 1
  endwhile
  var end = 0
  while end < both - same && old[-1 - end] ==# new[-1 - end]
    end += 1
  endwhile
  const [gone, come] = [old->slice(same, len(old) - end), new->slice(same, len(new) - end)]
  for i in range(min([len(gone), len(come)]))
    if gone[i] !=# come[i]
      setbufline(buffer, above + same + i + 1, come[i])
    endif
  endfor
  if len(come) > len(gone)
    appendbufline(buffer, above + same + len(gone), come->slice(len(gone)))
  elseif len(come) < len(gone)
    silent deletebufline(buffer, above + same + len(come) + 1, above + same + len(gone))
  endif
enddef

# Returns the windows of a review.
def Windows(proposal: number): list<number>
  return getwininfo()->filter((_, w) => w.variables->get('aside_review', 0) == proposal)->mapnew((_, w) => w.winid)
enddef

# Closes the other reviews of the same buffer, except those whose proposal was changed.
def CloseOthers(source: number, origin: number)
  for buffer in getbufinfo({bufloaded: true})
    const proposal = buffer.variables->get('aside_proposal', {})
    if proposal->get('source') == source && !buffer.changed
      Clear(buffer.bufnr, origin)
    endif
  endfor
enddef

# Called before :quit closes a window of a review. If this is the file's window and the proposal wasn't changed, closes
# the proposal's window, too.
def BeforeQuit()
  const proposal = get(w:, 'aside_review')
  if proposal != 0 && bufnr() != proposal && bufexists(proposal) && !getbufvar(proposal, '&modified')
    Leave(proposal)
  endif
enddef

# Closes the windows of a review except the current one. The cursor then goes back to the window from which the review
# was opened.
export def Leave(proposal: number)
  for window in Windows(proposal)
    if window != win_getid()
      noautocmd win_execute(window, 'close')
    endif
  endfor
  execute $'autocmd aside_review WinEnter * ++once win_gotoid({get(w:, "aside_origin")})'
enddef

# Called when the proposal's window is about to be closed. The cursor goes to the window from which the review was
# opened, before Vim handles another key. The other windows of the review can't be closed in this event, so they are
# closed a moment later.
def Closed(window: number)
  const variables = getwininfo(window)->get(0, {variables: {}}).variables
  const proposal = variables->get('aside_review', 0)
  if proposal != 0 && winbufnr(window) == proposal
    const origin = variables.aside_origin
    if window == win_getid()
      execute $'autocmd aside_review WinEnter * ++once win_gotoid({origin})'
    endif
    execute $'autocmd aside_review SafeState * ++once Clear({proposal}, {origin})'
  endif
enddef

def Clear(proposal: number, origin: number)
  const inside = get(w:, 'aside_review') == proposal
  for window in Windows(proposal)
    const tab = win_id2tabwin(window)[0]
    if tabpagewinnr(tab, '$') == 1
      execute $'tabclose {tab}'
    else
      win_execute(window, 'close')
    endif
  endfor
  if inside
    win_gotoid(origin)
  endif
enddef

# Shows the keys.
export def Help()
  keys.Popup(help)
enddef

augroup aside_review
  autocmd!
  autocmd QuitPre * BeforeQuit()
  autocmd WinClosed * Closed(str2nr(expand('<amatch>')))
augroup END

defcompile  # compiles all functions now; the end of daemon.vim says why
