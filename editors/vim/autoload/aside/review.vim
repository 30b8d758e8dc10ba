vim9script
scriptencoding utf-8
# The review of a proposed change: a tab page with the file and the proposal, both in diff mode. The proposal is a buffer
# that can be edited; writing it makes the file's buffer equal to it, as one change. Nothing is written to the disk, and
# nothing is compared or placed here: the edits come from the daemon, and the differences are shown by Vim.
#
# While a proposal holds both versions of a conflict, there is no diff mode, so that no command of Vim can put the marker
# lines into the file.

import autoload 'aside/code.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/keys.vim'
import autoload 'aside/page.vim'

const marker = '^\%(<<<<<<< yours\|||||||| shared\|=======\|>>>>>>> proposed\)\r\=$'
const wide = 120  # columns from which on both are shown side by side
const copied_options = ['tabstop', 'shiftwidth', 'softtabstop', 'expandtab', 'autoindent', 'textwidth', 'iskeyword']

const choose = 'choose one of both versions first, and delete the lines <<<<<<<, |||||||, ======= and >>>>>>>'
const help = [
  ']c [c   next change, previous change',
  'dp      take this change into the file; in the file: do',
  ':w      take all of the proposal, as it stands',
  ':w!     the same, if the file has changed since',
  'ZZ :wq  take all of it, and leave',
  ':q      leave',
  'u       in the file: take back what was taken']

var reviews = 0  # how many there were

# Opens the review of edits (as the daemon gives them) in a buffer, and puts the cursor on the first change. False if the
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
  # The name must not end as the file's does, for the reason in page.vim.
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

# The text after edits of whole lines, which all mean the text before any of them.
export def Applied(lines: list<string>, edits: list<dict<any>>): list<string>
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

# The keys and looks of the proposal. Only the colours of a language are set and no 'filetype', which would start the
# tools of that language on a text that is not the user's yet.
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

# Turns diff mode on if there is no conflict in the proposal, else off.
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

# Whether the text of a proposal still holds marker lines. A file may have lines of its own that look like some.
def Conflicts(proposal: number): bool
  const own: dict<number> = getbufvar(proposal, 'aside_proposal').own
  return Markers(getbufline(proposal, 1, '$'))->filter((line, count) => count > own->get(line, 0)) != {}
enddef

# The marker lines of a text, and how often each is there.
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
    : b:aside_proposal.conflict ? $'{name}: both changed the same lines. Choose, then :w'
    : $'Proposal for {name}  ]c next  dp take  :w all  :q leave'
enddef

# :write in the proposal.
export def Write()
  if !Take(!!v:cmdbang) && !&modified
    # :wq goes on to close the window of a buffer that seems to be written.
    &modified = true
    execute $'autocmd aside_review SafeState * ++once setbufvar({bufnr()}, "&modified", false)'
  endif
enddef

export def TakeAndLeave()
  if Take(false)
    quit
  endif
enddef

# "dp" in the proposal. What it changes in the file is no reason for :w to refuse the rest.
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

# Makes the file's buffer equal to the proposal. False if that is refused; the user is told why.
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
    daemon.Complain($':w! takes this text all the same ({name} has changed since it was proposed)')
    return false
  endif
  for window in win_findbuf(source)[: 0]
    win_execute(window, '&l:undolevels = &l:undolevels')  # ends the undo step before
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
  daemon.Inform(now == new ? $'{name} reads so already' : $'taken; u in {name} takes it back')
  return true
enddef

# Replaces lines of a buffer that come after so many others; those that stay as they are at the beginning and the end are
# not touched, so that marks and signs there stay.
def Replace(buffer: number, above: number, old: list<string>, new: list<string>)
  const both = min([len(old), len(new)])
  var same = 0  # lines at the beginning
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

# The windows of a review.
def Windows(proposal: number): list<number>
  return getwininfo()->filter((_, w) => w.variables->get('aside_review', 0) == proposal)->mapnew((_, w) => w.winid)
enddef

# Closes reviews of the same buffer in which nothing was changed.
def CloseOthers(source: number, origin: number)
  for buffer in getbufinfo({bufloaded: true})
    const proposal = buffer.variables->get('aside_proposal', {})
    if proposal->get('source') == source && !buffer.changed
      Clear(buffer.bufnr, origin)
    endif
  endfor
enddef

# A window of a review is about to be quit. If it is the file's, the proposal's is closed before it, unless that was changed.
def BeforeQuit()
  const proposal = get(w:, 'aside_review')
  if proposal != 0 && bufnr() != proposal && bufexists(proposal) && !getbufvar(proposal, '&modified')
    Leave(proposal)
  endif
enddef

# Closes the windows of a review but the current one, and has the cursor go back to where the review was opened.
export def Leave(proposal: number)
  for window in Windows(proposal)
    if window != win_getid()
      noautocmd win_execute(window, 'close')
    endif
  endfor
  execute $'autocmd aside_review WinEnter * ++once win_gotoid({get(w:, "aside_origin")})'
enddef

# The proposal's window is about to be closed. The cursor goes to where the review was opened, before any other key. What
# is left of the review can't be closed in the event in which that is done, so it is closed a moment later.
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

defcompile  # the reason is in daemon.vim
