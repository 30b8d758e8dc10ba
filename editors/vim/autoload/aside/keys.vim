vim9script
# What the keys of a page do that isn't a command.

import autoload 'aside/code.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/page.vim'
import autoload 'aside/thread.vim'

const table = [
  'gA     write a question',
  '<C-c>  stop the reply',
  'gr     ask the last question again',
  ']] [[  next, previous question or reply',
  'gy     yank the code block under the cursor',
  '<CR>   on shared lines: go to them in their file',
  'za zR  open a fold, all folds',
  'q      close this window',
  '',
  ':AsideContinue  :AsideUndo  :AsideRedo  :AsideNew',
  ':AsideThreads   :AsideModel :AsideHealth  :help aside',
]

# To the next (1) or previous (-1) question or reply; where there is none, to the end or the beginning.
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
  const block = code.Block()
  if block == []
    daemon.Complain('no code block under the cursor')
    return
  endif
  const lines = code.Lines(block[0], block[1])
  setreg(v:register, lines, 'V')
  daemon.Tell($'{len(lines)} {len(lines) == 1 ? "line" : "lines"} of code yanked')
enddef

# From shared lines to where they were taken; elsewhere Vim's own <CR>.
export def Follow()
  const here = line('.') - 1
  const shared: list<dict<any>> = b:aside.sections->copy()->filter((_, s) => s.kind == 'attachment')
  const chosen: list<dict<any>> = shared->copy()->filter((_, s) => s.startLine <= here && here < s.endLine)
  if chosen == []
    execute "normal! \<CR>"
    return
  endif
  const turn: string = chosen[0].turn
  const index = shared->copy()->filter((_, s) => s.turn == turn)->index(chosen[0])
  thread.Turn(thread.Here(), turn, (found) => {
    const attachment = found.attachments[index]
    const buffer = document.Buffer(attachment.uri)
    if buffer == 0
      daemon.Complain($'{attachment.name} is no longer there')
    else
      Visit(buffer, attachment->get('range', {start: {line: 0}}).start.line + 1)
    endif
  })
enddef

def Visit(buffer: number, lnum: number)
  if bufwinid(buffer) >= 0
    win_gotoid(bufwinid(buffer))
  else
    const last = win_getid(winnr('#'))
    const free = last != 0 && page.About(winbufnr(last)).page != winbufnr(last) && getwinvar(last, '&buftype') == ''
      && (!getwinvar(last, '&modified') || &hidden)
    if free
      win_gotoid(last)
    endif
    execute free ? 'buffer' : 'aboveleft sbuffer' buffer
  endif
  setbufvar(buffer, '&buflisted', true)
  cursor(lnum, 1)
  normal! zvzz
enddef

# The keys, until one is pressed.
export def Show()
  popup_create(table, {title: ' Aside ', border: [], padding: [0, 1, 0, 1], mapping: false, filter: (id, key) => {
    if key !~ '^[[:print:][:cntrl:]]'  # mouse movements and other things nobody pressed
      return false
    endif
    popup_close(id)
    return true
  }})
enddef

defcompile  # the reason is in daemon.vim
