vim9script
scriptencoding utf-8
# Suggestions of what to share with the next question. A line above the question lists them; CTRL-T and a number adds
# the suggestion with this number. The daemon makes the suggestions for the place at the cursor. Nothing is added unless
# the user says so.

import autoload 'aside/attachment.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/prompt.vim'

# Asks the daemon for suggestions, unless the daemon is too old to make any. Calls Shown() when they have arrived.
# `listed` are the attachments that the prompt lists already.
export def Fetch(here: dict<any>, listed: list<dict<any>>, Shown: func())
  if !daemon.HasFlag('suggest')
    return
  endif
  const source: number = here.source
  final params = conversation.Document(here)->extend({attachments: listed})
  const window = Window(source)
  document.NameFolder(source)
  if window > 0
    document.SynchroniseShared(here.uri)
    const lnum = line('.', window)
    const selected = Selected(source, lnum)
    const problems = attachment.Problems(source, lnum, lnum)
    params->extend({position: {line: lnum - 1, character: 0}})
    if selected != []
      params.selection = attachment.ZeroBased(selected[0], selected[1])
    endif
    if problems != {}
      params.problems = {text: problems.attachment.text, range: attachment.ZeroBased(lnum, lnum)}
    endif
  endif
  daemon.Request('attachment/suggest', params, (answer) => {
    here.suggested = answer->get('result', {})->get('suggestions', [])->filter((_, row) => row->has_key('offer'))
    Shown()
  })
enddef

# The first and the last of the lines that were selected in the buffer, as long as the cursor is at one end of them. A part of one
# line is a word or so, which nobody means to share.
def Selected(buffer: number, lnum: number): list<number>
  const ends = getmarklist(buffer)->filter((_, mark) => mark.mark =~ "^'[<>]$")->mapnew((_, mark): number => mark.pos[1])
  return len(ends) == 2 && ends[0] < ends[1] && ends->index(lnum) >= 0 ? ends : []
enddef

# Returns the suggestions as one line that fits into this width; '' if there are none.
export def Line(here: dict<any>, width: number): string
  final items: list<string> = here.suggested->mapnew((i, row) => $'{i + 1} {row.offer->strtrans()}')
  while len(items) > 1 && strcharlen($'CTRL-T adds {items->join("  ")}') > width
    items->remove(-1)
  endwhile
  return items == [] ? '' : $'CTRL-T adds {items->join("  ")}'
enddef

# Adds the suggestion whose number is typed next.
export def Take()
  const here: dict<any> = b:aside
  if here.suggested == []
    daemon.Complain('there is nothing to suggest')
    return
  endif
  const place = getcharstr()->str2nr() - 1
  if place >= 0 && place < len(here.suggested)
    prompt.Stage(Row(here, here.suggested[place]))
  endif
enddef

# Returns a suggestion as an entry {label, attachment}, with the lines of the buffer as they are now.
def Row(here: dict<any>, suggested: dict<any>): dict<any>
  const wanted: dict<any> = suggested.attachment
  const own = wanted.uri == here.uri && bufloaded(here.source)
  if own && wanted->has_key('range')
    const [first, last] = [wanted.range.start.line + 1, Last(wanted.range)]
    return wanted->has_key('kind') ? attachment.Problems(here.source, first, last)
      : attachment.Lines(here.source, first, last)
  endif
  return {label: document.Label(wanted.uri), attachment: wanted}
enddef

# Returns the last line of a range. A line in which the range ends is part of it.
def Last(range: dict<any>): number
  return range.end.character > 0 ? range.end.line + 1 : range.end.line
enddef

# Returns a window that shows the buffer, preferably in this tab page; 0 if there is none.
def Window(buffer: number): number
  return bufwinid(buffer) > 0 ? bufwinid(buffer) : win_findbuf(buffer)->get(0, 0)
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
