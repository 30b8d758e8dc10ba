vim9script
scriptencoding utf-8
# The page of a conversation: a buffer `aside://…` and the windows that show it. Text and sections come from the daemon.
# Nothing in a reply is ever run: no modelines, no commands made of its text.

import autoload 'aside/code.vim'
import autoload 'aside/document.vim'

const far = 200  # two changes that are more lines apart than this are drawn separately
const shortest_title = 16

# Makes the buffer of a conversation, if it has none or only an empty one that a session has made.
export def Make(conversation: dict<any>): dict<any>
  const page = bufadd(conversation.name)
  if !bufloaded(page) || getbufvar(page, 'aside', {}) isnot conversation
    conversation->extend({page: page, id: '', sections: [], folds: {}})
    const options = {buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1}
    for [option, value] in items(options)
      setbufvar(page, $'&{option}', value)
    endfor
    setbufvar(page, 'aside', conversation)
    # `vim -R` sets 'readonly' when the buffer is loaded.
    noautocmd silent bufload(page)  # noautocmd: by its name another plugin might take it for its own file, such as a *.zip
    setbufvar(page, '&readonly', false)
    setbufvar(page, '&buftype', 'nowrite')  # :mksession can't restore the text of a page with nofile
    setbufvar(page, '&filetype', 'aside')
    setbufvar(page, '&modifiable', false)
  endif
  return conversation
enddef

# Shows a page and leaves the cursor where it is. Without modifiers, a window of this tab page that shows another page is
# used.
export def Show(conversation: dict<any>, mods: string)
  const windows: list<number> = gettabinfo(tabpagenr())[0].windows
  if index(windows->mapnew((_, w) => winbufnr(w)), conversation.page) >= 0
    return
  endif
  const others = windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'aside')
  if mods == '' && others != []
    win_execute(others[0], $'buffer {conversation.page}')
  else
    const here = win_getid()
    const wide = winwidth(0) >= 120
    Split(mods ?? get(g:, 'aside_window', wide ? 'vertical rightbelow' : 'rightbelow'), conversation.page)
    win_gotoid(here)
  endif
  ToEnd(win_findbuf(conversation.page))
enddef

# Opens a buffer in a new window, even if 'switchbuf' says otherwise.
export def Split(mods: string, buffer: number)
  const switchbuf = &switchbuf
  set switchbuf=
  try
    silent execute mods 'sbuffer' buffer
  finally
    &switchbuf = switchbuf
  endtry
enddef

# Shows the page of this conversation in the windows of an old page, and wipes out the old page.
export def Replace(old: number, conversation: dict<any>)
  Make(conversation)
  for window in win_findbuf(old)
    win_execute(window, $'buffer {conversation.page}')
  endfor
  silent! execute 'bwipeout!' old
enddef

# Closes a page's or prompt's window; if it is the only window, it shows the source instead.
export def Leave(window: number)
  const leave = winnr('$') > 1 || tabpagenr('$') > 1 ? 'close'
    : $'silent! buffer {getbufvar(winbufnr(window), "aside").source}'
  if window == win_getid()
    execute leave  # after win_execute() Vim 9.1 would choose the next window by itself
  else
    win_execute(window, leave)
  endif
enddef

# Scrolls these windows to the end of the text. If the last line is too high for a window, its beginning is shown: Vim
# 9.0 can't scroll within a line of a window that isn't the current one, and an empty line below it would be all that is
# visible. A page on which nothing was asked says what to do, and is shown from its top.
export def ToEnd(windows: list<number>)
  for window in windows
    const page = winbufnr(window)
    if getbufvar(page, 'aside').sections == []
      win_execute(window, 'normal! gg')
      continue
    endif
    const end = End(page)
    const line = getbufline(page, end)[0]
    const room = winwidth(window) * (winheight(window) - 1)
    const fits = len(line) < 6 * room && strdisplaywidth(line) < room  # measuring takes long
    if !fits
      setwinvar(window, '&linebreak', false)  # with it, a line of 190 kB takes a tenth of a second each time
      setwinvar(window, '&breakindent', false)
    endif
    win_execute(window, $'call cursor({end}, 1) | normal! z{fits ? "b" : "t"}')
    const top = line('w0', window)
    if fits && top > 1 && getbufvar(page, 'aside').state == '' && Rows(window, top, end) <= winheight(window) / 2
      # A line above is too high to be shown with the last lines. The reply has ended, so reading goes on there.
      win_execute(window, $'call cursor({top - 1}, 1) | normal! zt')
    endif
  endfor
enddef

def End(page: number): number
  var end = getbufinfo(page)[0].linecount
  while end > 1 && getbufline(page, end)[0] == ''
    end -= 1
  endwhile
  return end
enddef

# About how many rows of the screen these lines take.
def Rows(window: number, first: number, last: number): number
  return last - first > winheight(window) ? last - first : getbufline(winbufnr(window), first, last)
    ->reduce((sum, line) => sum + 1 + strdisplaywidth(line) / winwidth(window), 0)
enddef

# Makes the page equal to a transcript. Lines that are right already are not touched, so that views and open folds stay
# and Vim has little to redraw.
export def ShowTranscript(conversation: dict<any>, transcript: dict<any>)
  const page = conversation.page
  const text = transcript.sections == [] ? Welcome(conversation)->join("\n") : transcript.text
  const lines = split(text, "\n", true)
  const folds = Folds(transcript.sections)
  InsertSides(conversation, transcript.sections, folds, lines)
  const last = min([getbufinfo(page)[0].linecount, len(lines)])
  const final_section = get(conversation.sections, -1, {})
  const same_section = get(transcript.sections, len(conversation.sections) - 1, {})
  # Whether the last section has only grown since, by text that Append() added. Then it need not be compared; with a long
  # reply it is nearly all of the page.
  const grown = final_section != {} && final_section->extendnew({endLine: 0}) == same_section->extendnew({endLine: 0})
  const present = getbufline(page, 1, grown ? get(final_section, 'startLine') : last - 1)
  final changed = range(1, len(present))->filter((_, lnum) => present[lnum - 1] !=# lines[lnum - 1])
  for lnum in keys(conversation.folds->extendnew(folds))->map((_, key) => str2nr(key))
    if lnum < last && get(folds, lnum, '') != get(conversation.folds, lnum, '')
      add(changed, lnum)  # set the line again, so that Vim asks for its fold
    endif
  endfor
  const following = conversation.sections == [] ? win_findbuf(page) : WindowsAtEnd(page)
  conversation->extend({sections: transcript.sections, folds: folds})
  Edit(page, following, () => {
    for lnum in changed
      setbufline(page, lnum, lines[lnum - 1])
    endfor
    if changed != [] && last - changed[0] > far && mode() !~ '^[cr]'
      # Between two redraws Vim keeps one range of changed lines, and forgets the syntax of everything in it. For a
      # heading and the end of its reply that would be the whole reply.
      redraw
    endif
    setbufline(page, last, lines[last - 1 :])
    silent deletebufline(page, len(lines) + 1, '$')
  })
  code.Colour(page, changed->mapnew((_, lnum) => lines[lnum - 1]) + lines[last - 1 :])
enddef

# Inserts side questions that have come in above others' text, so that the views of what is below them stay.
def InsertSides(conversation: dict<any>, sections: list<dict<any>>, folds: dict<string>, lines: list<string>)
  final known: dict<bool> = {}
  for section in conversation.sections
    known[section.turn] = true
  endfor
  var first = -1  # the line in which they begin
  for section in sections
    if section->get('side', false) && !known->has_key(section.turn)
      first = first < 0 ? section.startLine : first
    elseif first >= 0
      conversation.folds = folds
      Edit(conversation.page, [], () => {
        appendbufline(conversation.page, first, lines[first : section.startLine - 1])
      })
      first = -1
    endif
  endfor
enddef

# The text of a page on which nothing was asked. It says what to do; the most important lines come first, since the window
# may be low.
def Welcome(conversation: dict<any>): list<string>
  const key = ':AsideKey sets a key; make one at https://platform.claude.com/settings/keys'
  const hint = conversation.problem->get('hint', '') ?? conversation.problem->get('message', '')
  const problem = conversation.problem == {} ? []
    : (conversation.problem.message =~ 'no key' ? ['Nothing can be asked yet.', key, $'Or: {hint}']
    : [$'Nothing can be asked yet: {hint}', key]) + ['']
  const name = bufexists(conversation.source) ? document.Name(conversation.source) : fnamemodify(conversation.name, ':t')
  return problem + [$'Nothing has been asked about {strtrans(name)} yet.', '',
    ':%Aside {question}  asks about the whole file',
    ':10,20Aside         asks about these lines',
    ':Aside              writes a question; CTRL-A adds the file',
    ':help aside-start   says more; in this window g? shows its keys']
enddef

# Appends text and returns the length of the last line, to which the next text goes.
export def Append(page: number, text: string): number
  const lines = split(text, "\n", true)
  const last = getbufinfo(page)[0].linecount
  const changed = [getbufline(page, last)[0] .. lines[0]] + lines[1 :]
  Edit(page, WindowsAtEnd(page), () => {
    setbufline(page, last, changed)
  })
  code.Colour(page, changed)
  return len(changed[-1])
enddef

# The value of 'foldexpr' for each line in a fold. The last section is not folded, since it may be growing, unless it is a
# side question: that one has ended.
def Folds(sections: list<dict<any>>): dict<string>
  final folds: dict<string> = {}
  var begun = 0  # the next line of the side question above
  for [i, section] in items(sections)
    const side: bool = section->get('side', false)
    if side || (i < len(sections) - 1 && (section.kind == 'thinking' || section.kind == 'attachment'))
      # A side question and its reply are one fold, with the empty lines between their parts.
      const begins = !side || (section.kind == 'question' && sections[i - 1].turn != section.turn)
      for lnum in range(begins ? section.startLine + 1 : begun, section.endLine)
        folds[lnum] = begins && lnum == section.startLine + 1 ? '>1' : '1'
      endfor
      begun = section.endLine + 1
    endif
  endfor
  return folds
enddef

# The text of a closed fold. A fold begins where a section begins, so its first line comes from the daemon and can't be
# faked by a reply.
export def Foldtext(): string
  const first = getline(v:foldstart)
  const count = v:foldend - v:foldstart + 1
  const sections: list<dict<any>> = b:aside.sections
  const own: list<dict<any>> = sections->copy()->filter((_, s) => s->get('side', false) && s.startLine + 1 == v:foldstart)
  const questions = own == [] ? [] : sections->copy()->filter((_, s) => s.turn == own[0].turn && s.kind == 'question')
  const shown = questions != [] ? $'by the way: {getline(questions[-1].startLine + 1)} ({count} lines)'
    : first !~ '^>' ? first : count == 1 ? 'thinking (1 line)' : $'thinking ({count} lines)'
  return $'+-- {shown} '
enddef

# The section that a line of the page belongs to.
export def At(conversation: dict<any>, lnum: number): dict<any>
  const sections: list<dict<any>> = conversation.sections
  return sections->copy()->filter((_, s) => s.startLine < lnum)->get(-1, {turn: '', startLine: 0})
enddef

# The turn under the cursor in the page; outside of the page, the last turn.
export def Turn(conversation: dict<any>): string
  const sections: list<dict<any>> = conversation.sections
  const begun = bufnr() != conversation.page ? sections : sections->copy()->filter((_, s) => s.startLine < line('.'))
  return get(begun, -1, {turn: ''}).turn
enddef

# The text of the reply that a line of the page belongs to, of a question's line that of its reply, as a section; for line 0
# the last reply of the path. Empty if there is none.
export def Reply(conversation: dict<any>, lnum: number): dict<any>
  const sections: list<dict<any>> = conversation.sections
  const here = At(conversation, lnum)
  const replies = sections->copy()->filter((_, s) => s.kind == 'reply' && (lnum == 0 ? !s->get('side', false)
    : s.turn == here.turn || s.startLine > here.startLine))
  return replies == [] ? {} : TextOf(conversation, replies[lnum == 0 ? -1 : 0].turn)
enddef

# The section with a reply's text; its heading if it has no text yet.
export def TextOf(conversation: dict<any>, turn: string): dict<any>
  return conversation.sections->copy()->filter((_, s) => s.turn == turn && s.kind == 'reply')->get(-1, {})
enddef

# Puts the cursor on the heading of a turn; false if the page doesn't have that turn.
export def GoTo(conversation: dict<any>, turn: string): bool
  const headings = conversation.sections->copy()->filter((_, s) => s.turn == turn)
  if headings != []
    win_execute(bufwinid(conversation.page), $'call cursor({headings[0].startLine + 1}, 1) | normal! zvzt')
  endif
  return headings != []
enddef

# The title of the page for its status line: the file, even if its buffer is gone, and the conversation's title, cut to
# the room that is left. Even beside a long error message a part of the title is shown.
export def Title(): string
  const file = fnamemodify(b:aside.name, ':t')
  const title = strtrans(b:aside.title)
  const free = winwidth(0) - strdisplaywidth(file .. aside#statusline()) - 6
  const room = b:aside.note == '' ? free : max([shortest_title, free])
  const shown = strdisplaywidth(title) <= room ? title : room < shortest_title / 2 ? '' : printf($'%.{room - 3}S...', title)
  return shown == '' ? file : $'{file} · {shown}'
enddef

def WindowsAtEnd(page: number): list<number>
  const end = End(page)
  return win_findbuf(page)->filter((_, w) => getcurpos(w)[1] >= end)
enddef

# When another window takes rows or gives them back, Vim scrolls a window that isn't the current one so that little of
# its text is left: scroll it to the end again.
def Resized(windows: list<number>)
  ToEnd(windows->copy()->filter((_, w) => getwinvar(w, '&filetype') == 'aside'
    && WindowsAtEnd(winbufnr(w))->index(w) >= 0))
enddef

def Edit(page: number, following: list<number>, Change: func(): void)
  setbufvar(page, '&modifiable', true)
  Change()
  setbufvar(page, '&modifiable', false)
  ToEnd(following)
enddef

augroup aside_page_rows
  autocmd!
  if exists('##WinResized')
    autocmd WinResized * Resized(v:event.windows)
  endif
augroup END

defcompile  # compiles all functions now; the end of daemon.vim says why
