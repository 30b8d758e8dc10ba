vim9script
# Makes attachments: lines of a buffer, files, problems in a buffer, its git diff. Each is an entry with `attachment` for the
# daemon and `label` for the prompt. Lines are taken as they are now, everything else when the question is sent.

import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'

const severities = {E: 'error', W: 'warning', I: 'info', N: 'note', H: 'hint'}

export def Lines(buffer: number, first: number, last: number): dict<any>
  return {label: document.Name(buffer) .. Range(first, last), attachment: document.Attachment(buffer, first, last)}
enddef

# Attaches a file or lines of it, given as an `attachment` that the daemon has sent.
export def Of(attachment: dict<any>): dict<any>
  const range: dict<any> = attachment->get('range', {})
  return {label: document.Label(attachment.uri) .. (range == {} ? '' : Range(range.start.line + 1, range.end.line)),
    attachment: attachment}
enddef

# Attaches the file with this absolute path.
export def File(path: string): dict<any>
  return Of({uri: document.FileUri(path)})
enddef

# Attaches the difference between the text of a buffer, with its URI, and the last commit. The buffer may be gone.
export def Diff(buffer: number, uri: string): dict<any>
  return {label: $'{document.Name(buffer)}, changes since the last commit', attachment: {uri: uri, kind: 'gitDiff'}}
enddef

# The entries of the quickfix list and the location lists for these lines of a buffer; empty if there are none. `last` may be
# beyond the end.
export def Problems(buffer: number, first: number, last: number): dict<any>
  const lists = [getqflist()] + getwininfo()->mapnew((_, w) => getloclist(w.winid))
  final entries: list<dict<any>> = lists->flattennew(1)->filter((_, e) =>
    e.valid && e.bufnr == buffer && e.lnum >= first && e.lnum <= last)
  const problems = entries->sort((a, b) => a.lnum == b.lnum ? a.col - b.col : a.lnum - b.lnum)
    ->mapnew((_, e) => Problem(e))->uniq()
  const count = $'{len(problems)} problem{len(problems) == 1 ? "" : "s"}'
  if problems == []  # also if the buffer is gone
    return {}
  endif
  const whole = first == 1 && last >= getbufinfo(buffer)[0].linecount
  return {label: document.Name(buffer) .. (whole ? '' : $':{Span(first, last)}') .. $', {count}',
    attachment: {uri: document.Uri(buffer), kind: 'diagnostics', text: problems->join("\n") .. "\n"}
      ->extend(whole ? {} : {range: ZeroBased(first, last)})}
enddef

# Attaches again what an earlier question had attached. Text stays as it was then; a picture is read again. Returns {}
# for an update, since an update was added by the daemon and not by the user.
export def Again(shared: dict<any>): dict<any>
  const name = fnamemodify(shared.name, ':t')
  const kind = shared->get('kind', '')
  const buffer = document.Buffer(shared.uri)
  if buffer > 0
    document.NameFolder(buffer)
  endif
  if kind == 'update'
    return {}
  elseif kind == 'image' || kind == 'document'
    return {label: name, attachment: {uri: shared.uri}}
  elseif kind == 'gitDiff'
    return {label: $'{name}, changes since the last commit', attachment: {uri: shared.uri, kind: kind}}
  elseif kind == 'diagnostics'
    return {label: $'{name}, problems', attachment: shared}
  endif
  const first: number = get(shared, 'range', {start: {line: 0}}).start.line + 1
  const count = shared.text->split("\n", true)->len() - (shared.text =~ "\n$" ? 1 : 0)
  return {label: name .. Range(first, first + count - 1), attachment: shared}
enddef

# Attaches the file that a name means, with or without lines (file.c:10-24); {} if there is none. Relative names are looked up
# in these folders. Waits for the daemon.
export def Named(name: string, folders: list<string>): dict<any>
  const word = escape(name, " \\\t")
  const params = {text: $'@{word}', folders: folders->mapnew((_, folder) => document.FileUri(folder))}
  const answer = name != '' && daemon.Can('named') ? daemon.Answer('attachment/named', params) : {}
  const found: dict<any> = answer->get('result', {names: []}).names->get(0, {})
  return found->get('word', '') == word && found->has_key('attachment') ? Of(found.attachment) : {}
enddef

# Gives the daemon the unsaved text of buffers whose files are attached.
export def Synchronise(attachments: list<dict<any>>)
  for attachment in attachments
    if !attachment->has_key('text')
      document.SynchroniseShared(attachment.uri)
    endif
  endfor
enddef

def Problem(entry: dict<any>): string
  const severity = severities->get(toupper(entry.type), '')
  const place = entry.col > 0 ? $'{entry.lnum}:{entry.col}' : $'{entry.lnum}'
  return $'{place} {severity}{severity == "" ? "" : ": "}{entry.text->trim()->substitute("\n", " ", "g")}'
enddef

def Span(first: number, last: number): string
  return first == last ? $'{first}' : $'{first}-{last}'
enddef

def Range(first: number, last: number): string
  return $':{Span(first, last)} ({last - first + 1} {first == last ? "line" : "lines"})'
enddef

# Returns these lines as a range of the protocol.
export def ZeroBased(first: number, last: number): dict<any>
  return {start: {line: first - 1, character: 0}, end: {line: last, character: 0}}
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
