vim9script
scriptencoding utf-8
# The page of a conversation: a buffer `aside://…` and the windows that show it. Text and sections come from the daemon.
# Nothing in a reply is ever run: no modelines, no commands made of its text.

import autoload 'aside/code.vim'
import autoload 'aside/document.vim'

const far = 200  # two changes that are more lines apart than this are drawn separately
const shortest_title = 16

# Makes the page of a conversation, unless it exists. An empty buffer that a session has restored is made into the page.
export def Make(conversation: dict<any>): dict<any>
  const page = bufadd(conversation.name)
  if !bufloaded(page) || getbufvar(page, 'aside', {}) isnot conversation
    conversation->extend({page: page, id: '', sections: [], folds: {}, fold_rows: []})
    const options = {buftype: 'nofile', bufhidden: 'hide', swapfile: false, modeline: false, undolevels: -1}
    for [option, value] in items(options)
      setbufvar(page, $'&{option}', value)
    endfor
    setbufvar(page, 'aside', conversation)
    # `vim -R` sets 'readonly' when the buffer is loaded.
    # noautocmd: because of the name, another plugin might read the buffer as a file of its own kind, such as a *.zip.
    noautocmd silent bufload(page)
    setbufvar(page, '&readonly', false)
    setbufvar(page, '&buftype', 'nowrite')  # not nofile: from such a page, :mksession stores the name only
    setbufvar(page, '&filetype', 'aside')
    setbufvar(page, '&modifiable', false)
  endif
  return conversation
enddef

# Shows a page and leaves the cursor where it is. Without modifiers, the page replaces another page that is shown in
# this tab page.
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

# Closes a page's or prompt's window; if it is the only window, it shows the source instead, or an empty buffer if that is
# gone.
export def Leave(window: number)
  const source: number = getbufvar(winbufnr(window), 'aside').source
  const leave = winnr('$') > 1 || tabpagenr('$') > 1 ? 'close' : bufexists(source) ? $'silent! buffer {source}' : 'enew'
  if window == win_getid()
    # Not by win_execute(): when that has closed the current window, Vim 9.1 goes to another window than `:close` goes to.
    execute leave
  else
    win_execute(window, leave)
  endif
enddef

# Scrolls these windows to the end of the text. If the last line is too high for a window, the beginning of that line is
# shown: Vim 9.0 can't scroll within a line of a window that isn't the current one, and would show nothing but the empty
# line below. A page without a question says what to do, and is shown from its top.
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
    # The length is compared first, since measuring the width of a long line takes long.
    const fits = len(line) < 6 * room && strdisplaywidth(line) < room
    if !fits
      setwinvar(window, '&linebreak', false)  # with it, a line of 190 kB takes a tenth of a second each time
      setwinvar(window, '&breakindent', false)
    endif
    win_execute(window, $'call cursor({end}, 1) | normal! z{fits ? "b" : "t"}')
    const top = line('w0', window)
    if fits && top > 1 && getbufvar(page, 'aside').state == '' && Rows(window, top, end) <= winheight(window) / 2
      # The line above is too high to be shown together with the last lines. The reply has ended, so the window shows
      # that line from its beginning, for the user to read.
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

# Returns about how many rows of the screen these lines take.
def Rows(window: number, first: number, last: number): number
  return last - first > winheight(window) ? last - first : getbufline(winbufnr(window), first, last)
    ->reduce((sum, line) => sum + 1 + strdisplaywidth(line) / winwidth(window), 0)
enddef

# Makes the page equal to a transcript. Only lines that differ are set, so that views and open folds stay and Vim has
# little to redraw.
export def ShowTranscript(conversation: dict<any>, transcript: dict<any>)
  const page = conversation.page
  const text = transcript.sections == [] ? Welcome(conversation)->join("\n") : transcript.text
  const lines = split(text, "\n", true)
  const folds = Folds(transcript->get('folds', []))  # a daemon of an earlier version sends no folds
  InsertSides(conversation, transcript.sections, folds, lines)
  const last = min([getbufinfo(page)[0].linecount, len(lines)])
  const final_section = get(conversation.sections, -1, {})
  const same_section = get(transcript.sections, len(conversation.sections) - 1, {})
  # Whether the last section has only grown, by text that Append() has added. If so, its lines need no comparison; with
  # a long reply, they are nearly all of the page.
  const grown = final_section != {} && final_section->extendnew({endLine: 0}) == same_section->extendnew({endLine: 0})
  const present = getbufline(page, 1, grown ? get(final_section, 'startLine') : last - 1)
  final changed = range(1, len(present))->filter((_, lnum) => present[lnum - 1] !=# lines[lnum - 1])
  for lnum in keys(conversation.folds->extendnew(folds))->map((_, key) => str2nr(key))
    if lnum < last && get(folds, lnum, '') != get(conversation.folds, lnum, '')
      add(changed, lnum)  # set the line again, so that Vim asks for its fold
    endif
  endfor
  const following = conversation.sections == [] ? win_findbuf(page) : WindowsAtEnd(page)
  conversation->extend({sections: transcript.sections, folds: folds, fold_rows: transcript->get('folds', [])})
  Edit(page, following, () => {
    for lnum in changed
      setbufline(page, lnum, lines[lnum - 1])
    endfor
    if changed != [] && last - changed[0] > far && mode() !~ '^[cr]'
      # Between two redraws Vim keeps one range of changed lines, and highlights all of that range again. If a heading
      # and the end of its reply have changed, that range is the whole reply; the redraw here avoids this.
      redraw
    endif
    setbufline(page, last, lines[last - 1 :])
    silent deletebufline(page, len(lines) + 1, '$')
  })
  code.Colour(page, changed->mapnew((_, lnum) => lines[lnum - 1]) + lines[last - 1 :])
enddef

# Inserts new side questions above the text that follows them, so that the views of that text stay.
def InsertSides(conversation: dict<any>, sections: list<dict<any>>, folds: dict<string>, lines: list<string>)
  final known: dict<bool> = {}
  for section in conversation.sections
    known[section.turn] = true
  endfor
  var first = -1  # the line in which the new side questions begin
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

# Returns the text of a page without a question. It says what to do; the most important lines come first, since the
# window may be low.
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

# Appends text and returns the length of the last line; later text is appended to that line.
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

# Returns the value of 'foldexpr' for each line in a fold.
def Folds(rows: list<dict<any>>): dict<string>
  final folds: dict<string> = {}
  for fold in rows
    for lnum in range(fold.startLine + 1, fold.endLine)
      folds[lnum] = lnum == fold.startLine + 1 ? '>1' : '1'
    endfor
  endfor
  return folds
enddef

# Returns the text of a closed fold. It comes from the daemon, so a reply can't fake it.
export def Foldtext(): string
  const rows: list<dict<any>> = b:aside.fold_rows
  return $'+-- {rows->copy()->filter((_, fold) => fold.startLine + 1 == v:foldstart)->get(0, {text: ""}).text} '
enddef

# The section that a line of the page belongs to.
export def At(conversation: dict<any>, lnum: number): dict<any>
  const sections: list<dict<any>> = conversation.sections
  return sections->copy()->filter((_, s) => s.startLine < lnum)->get(-1, {turn: '', startLine: 0})
enddef

# Returns the turn under the cursor in the page; if the cursor is elsewhere, the last turn.
export def Turn(conversation: dict<any>): string
  const sections: list<dict<any>> = conversation.sections
  const begun = bufnr() != conversation.page ? sections : sections->copy()->filter((_, s) => s.startLine < line('.'))
  return get(begun, -1, {turn: ''}).turn
enddef

# Returns the section with the text of the reply that a line of the page belongs to. For a line of a question, returns
# the reply to that question; for line 0, the last reply of the path. Returns {} if there is no such reply.
export def Reply(conversation: dict<any>, lnum: number): dict<any>
  const sections: list<dict<any>> = conversation.sections
  const here = At(conversation, lnum)
  const replies = sections->copy()->filter((_, s) => s.kind == 'reply' && (lnum == 0 ? !s->get('side', false)
    : s.turn == here.turn || s.startLine > here.startLine))
  return replies == [] ? {} : TextOf(conversation, replies[lnum == 0 ? -1 : 0].turn)
enddef

# Returns the section with a reply's text; if the reply has no text yet, the section of its heading.
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

# Returns the title of the page for its status line: the name of the file, and the conversation's title, cut to the
# width that is left. If the status line has a long error message, too, a part of the title is still shown.
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

# Scrolls pages that were at their end to the end again. When another window takes rows or gives them back, Vim scrolls
# a window that isn't the current one so far that little of its text stays visible.
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
