vim9script
# The keys of a page. A key without a command of its own calls a function of this script.

import autoload 'aside/attachment.vim'
import autoload 'aside/code.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'

# Each row is a key, what it runs, and its description for the user. A key without a description is shown together with
# the key in the row above.
const keys = [
  ['gA', '<Cmd>Aside<CR>', 'write a question'],
  ['<C-c>', '<Cmd>AsideStop<CR>', 'stop the reply'],
  ['gr', '<Cmd>AsideRetry<CR>', 'ask the last question again'],
  ['cc', '<Cmd>AsideEdit<CR>', 'change the question under the cursor, and ask it again'],
  [']r', '<Cmd>AsideNext<CR>', 'next or previous reply to the question under the cursor'],
  ['[r', '<Cmd>AsidePrevious<CR>', ''],
  [']]', '<Cmd>call aside#keys#Jump(1)<CR>', 'next or previous question or reply'],
  ['[[', '<Cmd>call aside#keys#Jump(-1)<CR>', ''],
  ['gy', '<Cmd>call aside#keys#Yank()<CR>', 'yank the code block under the cursor'],
  ['ga', '<Cmd>AsideApply<CR>', 'show the code block under the cursor, or the reply, as a change'],
  ['gw', '<Cmd>AsideWanted<CR>', 'add the files that the reply asks to see, or add them and ask now'],
  ['gW', '<Cmd>AsideWanted!<CR>', ''],
  ['gh', '<Cmd>AsideHere<CR>', 'go to the lines that were asked about'],
  ['gs', '<Cmd>call aside#btw#Select()<CR>', 'continue from the side question under the cursor'],
  ['<CR>', '<Cmd>call aside#keys#Follow()<CR>', 'go to the lines or the file under the cursor, as gf does'],
  ['gl', '<Cmd>AsideThreads<CR>', 'list the conversations of this file'],
  ['gb', '<Cmd>AsideFork<CR>', 'fork: begin another conversation from here'],
  ['R', '<Cmd>AsideRename<CR>', 'rename this conversation'],
  ['D', '<Cmd>AsideDelete<CR>', 'delete this conversation, after you confirm it'],
  ['g/', ':AsideSearch<Space>', 'search the conversations about this file'],
  ['q', '<Cmd>call aside#page#Leave(win_getid())<CR>', 'close this window'],
  ['g?', '<Cmd>call aside#keys#Show()<CR>', 'show these keys'],
]
const more = ['za     open a fold, zR all of them',
  ':AsideContinue  :AsideUndo  :AsideRedo  :AsideNew  :help aside']

const file_keys = ['gf', 'gF', '<C-w>f', '<C-w>F', '<C-w>gf', '<C-w>gF', ']f', '[f']

# Maps the keys in the current buffer. A session stores such maps, so they must work in any script.
export def Map()
  for [key, action, _] in keys
    execute action =~ 'Jump' ? 'noremap' : 'nnoremap' '<buffer>' key action
  endfor
  KeepInside()
  for key in file_keys
    execute 'nnoremap <buffer>' key '<Cmd>call aside#keys#Follow()<CR>'
  endfor
enddef

# Disables keys in the current buffer: those that open the file or fetch the URL under the cursor, and those that run
# 'keywordprg'. The text of the buffer may come from anywhere, so Vim must not open what it names.
export def KeepInside()
  setlocal keywordprg=:help
  for key in file_keys
    execute 'nnoremap <buffer>' key '<Nop>'
    execute 'xnoremap <buffer>' key '<Nop>'
  endfor
enddef

# Goes to the next (1) or previous (-1) question or reply. If there is none, goes to the end or the beginning of the
# page.
export def Jump(step: number)
  const sections: list<dict<any>> = b:aside.sections
  const headings: list<number> = sections->copy()->filter((i, s) => i == 0 || sections[i - 1].turn != s.turn)
    ->mapnew((_, s): number => s.startLine + 1)
  var target = line('.')
  for _ in range(v:count1)
    const ahead = headings->copy()->filter((_, l) => step * (l - target) > 0)
    target = step > 0 ? get(ahead, 0, line('$')) : get(ahead, -1, 1)
  endfor
  execute $'normal! {target}G'
enddef

export def Yank()
  const lines = code.Block()
  if lines == []
    daemon.Complain('no code block under the cursor')
    return
  endif
  setreg(v:register, lines, 'V')
  daemon.Inform($'{len(lines)} {len(lines) == 1 ? "line" : "lines"} of code yanked')
enddef

# If the cursor is on shared lines, goes to these lines in their file. If it is on a file name such as main.c:7, goes to
# that file. Otherwise does what <CR> does in Vim.
export def Follow()
  const here = line('.') - 1
  const shared: list<dict<any>> = b:aside.sections->copy()->filter((_, s) => s.kind == 'attachment')
  const chosen: list<dict<any>> = shared->copy()->filter((_, s) => s.startLine <= here && here < s.endLine)
  if chosen == []
    const place = Place()
    if place != {}
      Visit(place)
    else
      execute "normal! \<CR>"
    endif
    return
  endif
  const turn: string = chosen[0].turn
  const index = shared->copy()->filter((_, s) => s.turn == turn)->index(chosen[0])
  const result = conversation.Answer('conversation/get', conversation.Document(b:aside))
  for found in result->get('turns', [])->copy()->filter((_, t) => t.turn == turn)
    Visit(found.attachments[index])
  endfor
enddef

# Returns the existing file that the word under the cursor names, or {}. The name is never expanded.
def Place(): dict<any>
  var [word, start, end] = ['', 0, 0]
  while start >= 0 && end < col('.')
    [word, start, end] = getline('.')->matchstrpos('[^[:space:]`"''<>()[\],;]\+', end)
  endwhile
  const name = start < 0 || start >= col('.') ? '' : word->substitute('^@\|[.:!?]\+$', '', 'g')
  const row = attachment.Named(name->substitute('\(:\d\+\):\d\+$', '\1', ''),
    [fnamemodify(document.Path(b:aside.source), ':h'), document.Folder(b:aside.source), getcwd()])
  return row == {} ? {} : row.attachment->extendnew({name: name})
enddef

def Visit(shared: dict<any>)
  const buffer = document.Buffer(shared.uri)
  if buffer == 0
    daemon.Complain($'{shared.name} is no longer there')
  elseif Enter(buffer)
    cursor(shared->get('range', {start: {line: 0}}).start.line + 1, 1)
    normal! zvzz
  endif
enddef

# Goes to the window that shows a buffer. If there is none, shows the buffer in the first usable window: this window,
# the previous one, any other, or a new one. Returns false if Vim asked about a swap file and the user declined.
export def Enter(buffer: number): bool
  const windows: list<number> = [win_getid(), win_getid(winnr('#'))] + gettabinfo(tabpagenr())[0].windows
  const free = windows->copy()->filter((_, w) =>
    getwinvar(w, '&buftype', '-') == '' && (!getwinvar(w, '&modified') || &hidden))
  if bufwinid(buffer) >= 0
    win_gotoid(bufwinid(buffer))
  elseif free != []
    win_gotoid(free[0])
    execute 'buffer' buffer
  else
    aboveleft split
    execute 'buffer' buffer  # not within :try, where Vim wouldn't ask about a swap file
    if bufnr() != buffer
      close
    endif
  endif
  if bufnr() == buffer
    setlocal buflisted
  endif
  return bufnr() == buffer
enddef

# Shows the keys of the page.
export def Show()
  final rows: list<list<string>> = []
  for [key, _, words] in keys
    if words == ''
      rows[-1][0] ..= $' {key}'
    else
      rows->add([key, words])
    endif
  endfor
  const flags = {edits: 'ga', side: 'gs', wanted: 'gw gW', marks: 'gh'}
  const missing = flags->copy()->filter((flag, _) => !daemon.HasFlag(flag))->values()
  Popup(rows->filter((_, row) => missing->index(row[0]) < 0)->mapnew((_, row) => printf('%-6s %s', row[0], row[1])) + more)
enddef

# Shows these lines until a key is pressed.
export def Popup(lines: list<string>)
  const popup = popup_create(lines, {title: ' Aside ', border: [], padding: [0, 1, 0, 1], mapping: false, filter: (id, key) => {
    if key !~ '^[[:print:][:cntrl:]]'  # mouse movements and other events aren't keys
      return false
    endif
    popup_close(id)
    return true
  }})
  setwinvar(popup, '&linebreak', true)
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
